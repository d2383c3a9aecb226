/** The outbox for those who use the SDK's actions: whatever a client sends through its wallet is written down first. */
import {
  type Account,
  type Chain,
  type Client,
  createClient,
  custom,
  type EIP1193RequestFn,
  type Hex,
  parseTransaction,
  type Transport,
  toFunctionSelector,
} from "viem";
import type { WeirConfig } from "./config.ts";
import { tracked } from "./outbox.ts";
import { abis } from "./weir.ts";

type Sender = Client<Transport, Chain | undefined, Account>;

/** A client that asks through the given one. The given one's own methods would go past the outbox, so it has none of them. */
export function withOutbox(client: Sender, { chainId }: WeirConfig, onSent?: () => void): Sender {
  const place = { chainId, account: client.account.address };
  const request = async (call: { method: string; params?: unknown }) => {
    const ask = () => client.request(call as never) as Promise<unknown>;
    const transaction = sentBy(call);
    if (!transaction) return ask();
    const hash = await tracked(place, await actionOf(transaction.data), () => ask() as Promise<Hex>);
    onSent?.();
    return hash;
  };
  return createClient({
    account: client.account,
    chain: client.chain,
    pollingInterval: client.pollingInterval,
    transport: custom({ request: request as EIP1193RequestFn }, { retryCount: 0 }),
  });
}

/** What a call sends, if it sends: for the wallet to sign, or signed already where the key is in the page. */
function sentBy({ method, params }: { method: string; params?: unknown }): { data?: Hex } | undefined {
  const [sent] = (params ?? []) as unknown[];
  if (method === "eth_sendTransaction") return sent as { data?: Hex };
  return method === "eth_sendRawTransaction" ? parseTransaction(sent as Hex) : undefined;
}

/** The called function's name, "send" if it is none of our contracts'. */
async function actionOf(data: Hex | undefined): Promise<string> {
  const selector = data?.slice(0, 10);
  const known = Object.values(await abis())
    .flatMap((abi) => [...abi])
    .find((item) => item.type === "function" && toFunctionSelector(item) === selector);
  return known?.type === "function" ? known.name : "send";
}
