/** A payer with its file, which kills itself where its n-th tick would leave: `payer-process.ts <folder> <n>`. What left is said on stdout. */
import { writeSync } from "node:fs";
import { fileStore } from "../../src/client/node.ts";
import { ZERO_HASH } from "../../src/core/index.ts";
import { messagePlan, TestPayer } from "./payer.ts";

const [folder, killAt] = [process.argv[2]!, Number(process.argv[3])];
const store = fileStore(folder);
let ticks = 0;
const p = new TestPayer(messagePlan(), {
  save: store.save,
  onLeft(left) {
    if (left.type === "TICK" && ++ticks === killAt) process.kill(process.pid, "SIGKILL");
    const due = String(p.payer.due);
    const total = String(left.type === "TICK_CHAIN" ? left.chain.base : left.total);
    // Written at once: nothing waits in a buffer that the kill would take along.
    const tip = left.type === "TICK_CHAIN" ? { tip: left.chain.tip } : {};
    writeSync(1, `${JSON.stringify({ type: left.type, total, due, ...tip })}\n`);
  },
});
Object.assign(p.progress, await store.load(ZERO_HASH));
const opened = await p.payer.begin(0n, undefined);
const total = String(opened.voucher.cumulative);
writeSync(1, `${JSON.stringify({ type: "PAY", total, due: String(p.payer.due) })}\n`);
setInterval(() => p.receive(), 20);
