"use client";

import { useSearchParams } from "next/navigation";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { ListingMissing } from "@/features/listing/ListingMissing.tsx";
import { isListingId, useListing } from "@/features/listing/useListing.ts";
import { Ready } from "@/features/shell/Ready.tsx";
import { WithWallet } from "@/features/wallet/WithWallet.tsx";
import { LiveView } from "./LiveView.tsx";
import { Resume } from "./Resume.tsx";
import { useSession } from "./useSession.ts";

export function LivePage() {
  const params = useSearchParams();
  const [id, grant] = [params.get("id"), params.get("grant")];
  return (
    <Ready>
      <WithWallet>
        {/* A link from one purchase to another keeps the page: the session of the first is not the second's. */}
        <Live key={`${id}/${grant}`} id={id} grant={grant} stop={params.get("stop") === "1"} />
      </WithWallet>
    </Ready>
  );
}

function Live({ id, grant, stop }: { id: string | null; grant: string | null; stop: boolean }) {
  const listing = useListing(id);
  const { session, attach } = useSession(id, grant);
  const retry = () => {
    void session?.close();
    attach(undefined);
  };
  if (!isListingId(id) || listing.error)
    return <ListingMissing id={id} error={listing.error} onRetry={() => void listing.refetch()} />;
  if (!listing.data) return <PageSkeleton />;
  if (session)
    return (
      <LiveView
        key={session.purchase.grantId}
        listing={listing.data}
        session={session}
        stopAtOnce={stop}
        onRetry={retry}
      />
    );
  return <Resume listing={listing.data} grant={grant} toStop={stop} onStarted={attach} />;
}
