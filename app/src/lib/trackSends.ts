/** The outbox for those who use the SDK's actions: whatever a client sends through its wallet is written down first. */
import {
  type Account,
  type Chain,
  type Client,
  createClient,
  custom,
  type EIP1193RequestFn,
  type Hex,
  type Transport,
  toFunctionSelector,
} from "viem";
import type { WeirConfig } from "./config.ts";
import { tracked } from "./outbox.ts";
import { abis } from "./weir.ts";

type Sender = Client<Transport, Chain | undefined, Account>;

/** A client that asks through the given one. The given one's own methods would go past the outbox, so it has none of them. */
export function withOutbox(client: Sender, { chainId }: WeirConfig): Sender {
  const place = { chainId, account: client.account.address };
  const request = async (call: { method: string; params?: unknown }) => {
    const ask = () => client.request(call as never) as Promise<unknown>;
    if (call.method !== "eth_sendTransaction") return ask();
    const [transaction] = call.params as [{ data?: Hex }];
    return tracked(place, await actionOf(transaction.data), () => ask() as Promise<Hex>);
  };
  return createClient({
    account: client.account,
    chain: client.chain,
    pollingInterval: client.pollingInterval,
    transport: custom({ request: request as EIP1193RequestFn }, { retryCount: 0 }),
  });
}

/** The called function's name, "send" if it is none of our contracts'. */
async function actionOf(data: Hex | undefined): Promise<string> {
  const selector = data?.slice(0, 10);
  const known = Object.values(await abis())
    .flatMap((abi) => [...abi])
    .find((item) => item.type === "function" && toFunctionSelector(item) === selector);
  return known?.type === "function" ? known.name : "send";
}
