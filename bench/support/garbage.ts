/**
 * Collecting another program's garbage, through the debugging port that every Node program opens on SIGUSR1: what is left is what it holds. The
 * program itself needs no option for it.
 */

/** Where a Node program listens after SIGUSR1 unless it was told otherwise. */
const INSPECTOR = "http://127.0.0.1:9229/json/list";
const PATIENCE_MS = 10_000;
const LOOK_MS = 100;

type Answer = { id?: number; result?: Record<string, unknown>; error?: { message: string } };

/** One program's debugging connection. Only one program of a machine can have one at a time. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async attach(pid: number): Promise<Inspector> {
    if (await targets()) throw new Error("another program is being debugged on port 9229");
    process.kill(pid, "SIGUSR1");
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
      const url = (await targets())?.[0]?.webSocketDebuggerUrl;
      if (url) return new Inspector(await opened(url));
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new Error(`process ${pid} opened no debugging port`);
  }

  /** Everything that nothing refers to is gone when this resolves. @returns bytes of the JavaScript heap in use */
  async collect(): Promise<number> {
    await this.#ask("HeapProfiler.collectGarbage");
    const { usedSize } = await this.#ask("Runtime.getHeapUsage");
    return usedSize as number;
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }
}

async function targets(): Promise<{ webSocketDebuggerUrl: string }[] | undefined> {
  try {
    return (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[];
  } catch {
    return undefined; // nobody listens
  }
}

function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(socket), { once: true });
    socket.addEventListener("error", () => reject(new Error(`${url} does not answer`)), { once: true });
  });
}
