"use client";

import { useEffect, useRef, useState } from "react";

/** A meter that spoke at every message would drown everything else. */
const SPEAK_EVERY_MS = 15_000;

/** The newest `text`, announced politely and seldom. */
export function Spoken({ text }: { text: string }) {
  const latest = useRef(text);
  latest.current = text;
  const [spoken, setSpoken] = useState("");
  useEffect(() => {
    const timer = setInterval(() => setSpoken(latest.current), SPEAK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="sr" aria-live="polite">
      {spoken}
    </p>
  );
}
