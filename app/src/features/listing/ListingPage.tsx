"use client";

import { useSearchParams } from "next/navigation";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { Ready } from "@/features/shell/Ready.tsx";
import { WithWallet } from "@/features/wallet/WithWallet.tsx";
import { ListingMissing } from "./ListingMissing.tsx";
import { ListingView } from "./ListingView.tsx";
import { isListingId, useListing } from "./useListing.ts";

export function ListingPage() {
  const id = useSearchParams().get("id");
  return (
    <Ready>
      <Loaded id={id} />
    </Ready>
  );
}

function Loaded({ id }: { id: string | null }) {
  const { data, error, refetch } = useListing(id);
  if (!isListingId(id) || error)
    return <ListingMissing id={id} error={error} onRetry={() => void refetch()} />;
  if (!data) return <PageSkeleton />;
  return (
    <WithWallet>
      <ListingView listing={data} />
    </WithWallet>
  );
}
