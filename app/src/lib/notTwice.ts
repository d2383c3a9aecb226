import type { MouseEvent } from "react";

/** For a button that appears where another was just clicked: the second click of a double click was not meant for it. */
export const notTwice =
  (act: () => void) =>
  ({ detail }: Pick<MouseEvent, "detail">): void => {
    if (detail < 2) act();
  };
