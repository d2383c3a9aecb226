// The local chain as a program: Hardhat's node on loopback, gone when its parent is.
import hre from "hardhat";

const server = await hre.network.createServer(
  "default",
  "127.0.0.1",
  Number(process.env.WEIR_PORT_RPC ?? 8545),
);
const { address, port } = await server.listen();

async function stop(): Promise<void> {
  await server.close();
  process.exit(0);
}
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
if (process.env.WEIR_PARENT_WATCH === "1") process.stdin.on("end", stop).resume();

console.log(JSON.stringify({ event: "ready", rpc: `http://${address}:${port}` }));
