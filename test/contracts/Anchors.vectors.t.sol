// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAnchors} from "../../contracts/interfaces/IAnchors.sol";
import {AnchorRow} from "../../contracts/types/AnchorTypes.sol";
import {SellerFixture} from "./support/SellerFixture.sol";

// Every tree of test/vectors/merkle.json, whose roots and proofs the SDK computed: anchored, then for every proof
// ├── the leaf at its position is a member
// ├── the leaf at every other position of the tree is none
// └── every other known leaf at this position is none
contract AnchorsVectorsTest is SellerFixture {
    string private json;
    IAnchors private anchors;
    uint64 private listingId;

    struct Proof {
        uint64 index;
        bytes32 leaf;
        bytes32[] siblings;
    }

    function setUp() public override {
        super.setUp();
        json = vm.readFile("test/vectors/merkle.json");
        anchors = IAnchors(deployCode("Anchors", abi.encode(listings)));
        listingId = list(offer());
    }

    function test_Vectors() public {
        uint32 n;
        uint256 checked;
        for (; vm.keyExistsJson(json, at(n)); ++n) checked += check(at(n), n);
        assertEq(n, 18);
        assertEq(checked, 132);
    }

    function check(string memory path, uint32 generation) private returns (uint256 n) {
        uint32 count = uint32(vm.parseJsonUint(json, string.concat(path, ".count")));
        AnchorRow[] memory rows = new AnchorRow[](1);
        bytes32 root = vm.parseJsonBytes32(json, string.concat(path, ".root"));
        rows[0] = AnchorRow(listingId, generation, 0, count, root, 0);
        vm.prank(operator);
        anchors.anchor(rows);

        Proof[] memory proofs = new Proof[](count < 17 ? count : 17);
        for (; vm.keyExistsJson(json, proofAt(path, n)); ++n) {
            string memory proof = proofAt(path, n);
            proofs[n].index = uint64(vm.parseJsonUint(json, string.concat(proof, ".index")));
            proofs[n].leaf = vm.parseJsonBytes32(json, string.concat(proof, ".leaf"));
            proofs[n].siblings = vm.parseJsonBytes32Array(json, string.concat(proof, ".siblings"));
        }
        for (uint256 i; i < n; ++i) {
            for (uint256 j; j < n; ++j) {
                assertEq(isMember(generation, proofs[i].index, proofs[j].leaf, proofs[i].siblings), i == j);
                assertEq(isMember(generation, proofs[j].index, proofs[i].leaf, proofs[i].siblings), i == j);
            }
            for (uint64 seq; seq < count && seq < 64; ++seq) {
                assertEq(isMember(generation, seq, proofs[i].leaf, proofs[i].siblings), seq == proofs[i].index);
            }
        }
    }

    function isMember(uint32 generation, uint64 seq, bytes32 leaf, bytes32[] memory siblings) private view returns (bool) {
        return anchors.isMember(listingId, generation, 0, seq, leaf, siblings);
    }

    function at(uint256 n) private pure returns (string memory) {
        return string.concat(".trees[", vm.toString(n), "]");
    }

    function proofAt(string memory path, uint256 n) private pure returns (string memory) {
        return string.concat(path, ".proofs[", vm.toString(n), "]");
    }
}
