import { fileURLToPath } from "node:url";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatIgnitionViem from "@nomicfoundation/hardhat-ignition-viem";
import hardhatKeystore from "@nomicfoundation/hardhat-keystore";
import hardhatViem from "@nomicfoundation/hardhat-viem";
import { defineConfig } from "hardhat/config";

// The compiler comes with the installed packages, so a build never downloads one.
const solc = fileURLToPath(import.meta.resolve("solc/soljson.js"));

export default defineConfig({
  plugins: [hardhatViem, hardhatEthers, hardhatIgnitionViem, hardhatKeystore],
  paths: {
    sources: "./contracts",
    tests: { solidity: "./test/contracts" },
    ignition: "./scripts/ignition",
  },
  solidity: {
    splitTestsCompilation: true, // contracts are built before any test: tests may deploy them by their artifacts
    compilers: [
      {
        version: "0.8.30",
        path: solc,
        settings: {
          evmVersion: "osaka",
          viaIR: true, // the wide structs of claims and purchases do not fit the older code generator
          optimizer: { enabled: true, runs: 10_000 },
        },
      },
    ],
  },
  networks: {
    // Several blocks a second must not push the chain's clock ahead of everybody else's.
    default: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      allowBlocksWithSameTimestamp: true,
    },
    // The chain that `npm start` and the tests run; nothing privileged is used on it.
    localhost: {
      type: "http",
      chainType: "l1",
      chainId: 31337,
      url: process.env.WEIR_RPC_URL ?? "http://127.0.0.1:8545",
    },
  },
  test: {
    solidity: {
      fuzz: { runs: 256 },
      invariant: { runs: 64, depth: 64 },
      fsPermissions: { readDirectory: ["./test/vectors"] },
    },
  },
});
