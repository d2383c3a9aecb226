/**
 * A chain of its own inside this process, the deployed build on it, and a list of what each call cost. Every figure is the `gasUsed`
 * of a whole transaction's receipt, so every account and slot is cold. Keys, salts, addresses and the clock are fixed, and no name that
 * is carried in calldata has a zero byte, which would make it cheaper: two runs give equal figures.
 */
import hre, { network } from "hardhat";
import type { EthereumProvider } from "hardhat/types/providers";
import {
  type Abi,
  type AbiFunction,
  type Account,
  type Address,
  createPublicClient,
  createTestClient,
  createWalletClient,
  custom,
  encodeDeployData,
  getContractAddress,
  type Hex,
  keccak256,
  parseEther,
  toHex,
} from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";

export type Contract = { name: string; address: Address; abi: Abi };

/** What was measured: row name → gas. */
export type Figures = Record<string, number>;

/** One bill for a batch, or none for what only prepares the next measurement. */
export type Call = { name?: string; value?: bigint; rows?: number };

/** First second of the bench's chain; below 2^32 and without zero bytes. */
export const START = 1_811_111_111;
/** A time that never comes within a bench, as long as a real one. */
export const LATER = 1_911_111_111;

const GAS_LIMIT = 16_000_000n;
/** A fixed price: nothing has to be estimated. */
const GAS_PRICE = 10_000_000_000n;

export const hasZeroByte = (hex: Hex): boolean => /^0x(?:..)*?00/.test(hex);

/** A hash by name. */
export function word(name: string): Hex {
  for (let attempt = 0; ; attempt++) {
    const hash = keccak256(toHex(`${name} ${attempt}`));
    if (!hasZeroByte(hash)) return hash;
  }
}

/** A key by name, whose address and the address of the first contract it creates have no zero byte. */
export function key(name: string): PrivateKeyAccount {
  for (let attempt = 0; ; attempt++) {
    const account = privateKeyToAccount(keccak256(toHex(`${name} ${attempt}`)));
    const made = getContractAddress({ from: account.address, nonce: 0n });
    if (!hasZeroByte(account.address) && !hasZeroByte(made)) return account;
  }
}

export type Bench = Awaited<ReturnType<typeof startBench>>;

/** Starts an empty chain. `call` runs one transaction and, if it has a name, records it. */
export async function startBench() {
  const connection = await network.create({
    override: { initialDate: new Date(START * 1000).toISOString() },
  });
  const provider: EthereumProvider = connection.provider;
  const transport = custom({ request: (request) => provider.request(request as { method: string }) });
  const client = createPublicClient({ chain: hardhat, transport, pollingInterval: 1, cacheTime: 0 });
  const node = createTestClient({ chain: hardhat, transport, mode: "hardhat" });
  const figures: Figures = {};
  const called = new Set<string>();
  const wallets = new Map<Address, ReturnType<typeof walletOf>>();
  let now = START;

  function walletOf(account: Account) {
    return createWalletClient({ chain: hardhat, transport, account });
  }

  /** The wallet of a named actor, with ether. */
  async function actor(name: string): Promise<PrivateKeyAccount> {
    const account = key(name);
    if (!wallets.has(account.address)) {
      wallets.set(account.address, walletOf(account));
      await node.setBalance({ address: account.address, value: parseEther("1000") });
    }
    return account;
  }

  function record(name: string, gas: number): void {
    if (figures[name] !== undefined) throw new Error(`two rows are named "${name}"`);
    figures[name] = gas;
  }

  async function receiptOf(hash: Hex, what: string) {
    const receipt = await client.getTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`${what} reverted`);
    return receipt;
  }

  /** Each block is one second later than the one before, however long that took: stored times do not wander. */
  const tick = () => node.setNextBlockTimestamp({ timestamp: BigInt(++now) });

  /** Deploys from an account of the contract's own: a new contract moves nobody else's address. */
  async function deploy(name: string, args: unknown[] = [], artifact?: { abi: Abi; bytecode: Hex }) {
    const { abi, bytecode } = artifact ?? (await hre.artifacts.readArtifact(name));
    const from = await actor(`deployer of ${name}`);
    await tick();
    const data = encodeDeployData({ abi: abi as Abi, bytecode: bytecode as Hex, args });
    const hash = await wallets
      .get(from.address)!
      .sendTransaction({ data, gas: GAS_LIMIT, gasPrice: GAS_PRICE });
    const { contractAddress, gasUsed } = await receiptOf(hash, `creation of ${name}`);
    const contract: Contract = { name, address: contractAddress!, abi: abi as Abi };
    return { ...contract, gas: Number(gasUsed) };
  }

  async function call(
    from: Account,
    contract: Contract,
    functionName: string,
    args: unknown[] = [],
    { name, value = 0n, rows = 1 }: Call = {},
  ) {
    const what = `${contract.name}.${functionName}`;
    await tick();
    const request = { ...contract, functionName, args, value, gas: GAS_LIMIT, gasPrice: GAS_PRICE };
    const hash = await wallets.get(from.address)!.writeContract(request as never);
    const receipt = await receiptOf(hash, `${name ?? "preparation"}: ${what}`).catch(
      async (error: unknown) => {
        // The receipt knows no reason; the same call does.
        await client.simulateContract({ ...contract, functionName, args, value, account: from } as never);
        throw error;
      },
    );
    if (name !== undefined) {
      record(name, Math.ceil(Number(receipt.gasUsed) / rows));
      called.add(`${what}/${args.length}`);
    }
    return receipt;
  }

  const read = (contract: Contract, functionName: string, args: unknown[] = []): Promise<unknown> =>
    client.readContract({ ...contract, functionName, args } as never);

  /** Every state-changing function of a contract must have a row, or a reason why not. */
  function uncalled(contract: Contract, excused: readonly string[]): string[] {
    return contract.abi
      .filter((entry): entry is AbiFunction => entry.type === "function")
      .filter(({ stateMutability }) => stateMutability === "nonpayable" || stateMutability === "payable")
      .map(({ name, inputs }) => `${contract.name}.${name}/${inputs.length}`)
      .filter((what) => !called.has(what) && !excused.includes(what.replace(/\/\d+$/, "")));
  }

  return {
    figures,
    client,
    node,
    provider,
    actor,
    record,
    deploy,
    call,
    read,
    uncalled,
    now: () => now,
    /** Moves the clock. */
    async pass(seconds: number) {
      now += seconds;
      await tick();
      await node.mine({ blocks: 1 }); // reads see the new time as well
    },
    stop: () => connection.close(),
  };
}
