import { fileURLToPath } from "node:url";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatIgnitionViem from "@nomicfoundation/hardhat-ignition-viem";
import hardhatKeystore from "@nomicfoundation/hardhat-keystore";
import hardhatViem from "@nomicfoundation/hardhat-viem";
import { configVariable, defineConfig } from "hardhat/config";
import { testCompiler } from "./scripts/test-compiler.ts";

// The compilers come with the installed packages, so a build never downloads one.
const solc = fileURLToPath(import.meta.resolve("solc/soljson.js"));
const permit2Solc = fileURLToPath(import.meta.resolve("solc-permit2/soljson.js"));

export default defineConfig({
  plugins: [hardhatViem, hardhatEthers, hardhatIgnitionViem, hardhatKeystore, testCompiler],
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
      // Permit2 as it is deployed everywhere; its settings are those of its own foundry.toml.
      {
        version: "0.8.17",
        path: permit2Solc,
        settings: {
          viaIR: true,
          optimizer: { enabled: true, runs: 1_000_000 },
          metadata: { bytecodeHash: "none" },
        },
      },
    ],
    // Grants does more than any other contract and is bound by size, not by gas: its cost is storage.
    overrides: {
      "contracts/Grants.sol": {
        version: "0.8.30",
        path: solc,
        settings: { evmVersion: "osaka", viaIR: true, optimizer: { enabled: true, runs: 800 } },
      },
    },
    npmFilesToBuild: ["@uniswap/v4-periphery/lib/permit2/src/Permit2.sol"],
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
    // Any other chain, by configuration alone: both from the environment or from Hardhat's keystore (docs/running.md).
    custom: {
      type: "http",
      chainType: "generic",
      url: configVariable("WEIR_DEPLOY_RPC_URL"),
      accounts: [configVariable("WEIR_DEPLOYER_KEY")],
    },
  },
  test: {
    solidity: {
      fuzz: { runs: 1_000 },
      invariant: { runs: 25, depth: 200 }, // all invariants of a handler together: 50,000 calls or more
      fsPermissions: {
        writeFile: ["./.weir/campaigns.txt"], // what scripts/test.ts adds up
        readDirectory: [
          "./test/vectors",
          "../shared/vectors",
          "./node_modules/@ethereum-attestation-service/eas-contracts/artifacts",
        ],
      },
    },
  },
});
