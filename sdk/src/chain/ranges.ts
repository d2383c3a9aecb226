/** Logs by bounded block ranges: public nodes refuse wide ones, each with a bound of its own. */
import { ContractError, causesOf, contractError } from "./errors.ts";

/** Blocks of one request for history. Many providers stop at 10,000; what a node refuses is asked for in halves. */
export const HISTORY_RANGE_BLOCKS = 10_000n;
/** Requests at the same time: hides latency and is few for a public node. */
const AT_A_TIME = 4;

type Read<log> = (fromBlock: bigint, toBlock: bigint) => Promise<readonly log[]>;

/**
 * Everything that `read` gives for the blocks from … to, both inclusive, in their order, in requests of at most `widest` blocks.
 *
 * @throws ContractError a node that cannot be reached, or that refuses a single block
 */
export async function inRanges<log>(
  {
    fromBlock,
    toBlock,
    widest = HISTORY_RANGE_BLOCKS,
  }: { fromBlock: bigint; toBlock: bigint; widest?: bigint },
  read: Read<log>,
): Promise<log[]> {
  let width = widest;
  const readOne = async (from: bigint, to: bigint): Promise<readonly log[]> => {
    const size = to - from + 1n;
    if (size > width) {
      const parts: log[] = [];
      for (let next = from, end: bigint; next <= to; next = end + 1n) {
        end = least(next + width - 1n, to);
        parts.push(...(await readOne(next, end)));
      }
      return parts;
    }
    try {
      return await read(from, to);
    } catch (error) {
      if (size === 1n || !isRefusal(error)) throw contractError(error);
      // What follows is asked for in ranges that this node takes.
      width = least(width, (size + 1n) / 2n);
      return readOne(from, to);
    }
  };
  const found: log[] = [];
  for (let next = fromBlock; next <= toBlock; ) {
    const ranges: [bigint, bigint][] = [];
    for (; ranges.length < AT_A_TIME && next <= toBlock; next = ranges.at(-1)![1] + 1n) {
      ranges.push([next, least(next + width - 1n, toBlock)]);
    }
    for (const logs of await Promise.all(ranges.map(([from, to]) => readOne(from, to)))) found.push(...logs);
  }
  return found;
}

/** The node answered, and did not want to: not for silence, and not for having been asked too often. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ContractError) return false;
  const http = causesOf(error).find(({ name }) => name === "HttpRequestError") as
    | (Error & { status?: number })
    | undefined;
  if (http) return http.status === 400 || http.status === 413 || http.status === 422;
  return contractError(error).name !== "Unreachable";
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
