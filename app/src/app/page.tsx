import { MarketPage } from "@/features/market/MarketPage.tsx";

export default function Page() {
  return <MarketPage />;
}
