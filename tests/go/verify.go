// Verifies a log with Go's own libraries for them, golang.org/x/mod/sumdb, and nothing of ours. The log is a folder of its
// files, named as they are served under log/, and beside them
//
//	older        a checkpoint of before
//	consistency  what log/consistency/<size of older> answered
//	proof, leaf  a receipt's evidence: a c2sp.org/tlog-proof, and the leaf it is of
//
// What does not hold ends it with 1.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folder reads tiles from files. Go's names for them have their height in front, those of c2sp.org/tlog-tiles do not.
type folder string

func (folder) Height() int { return 8 }

func (dir folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		name := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		bytes, err := os.ReadFile(filepath.Join(string(dir), name))
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}

func (folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (dir folder) text(name string) string {
	bytes, err := os.ReadFile(filepath.Join(string(dir), name))
	check(err, name)
	return string(bytes)
}

func check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

// open verifies a checkpoint's signature and reads its lines (c2sp.org/tlog-checkpoint).
func open(text string, key note.Verifier, what string) tlog.Tree {
	opened, err := note.Open([]byte(text), note.VerifierList(key))
	check(err, what)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != key.Name() {
		check(errors.New("not a checkpoint of "+key.Name()), what)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, what)
	hash, err := tlog.ParseHash(lines[2])
	check(err, what)
	return tlog.Tree{N: size, Hash: hash}
}

// parts divides a proof into its first lines, its hashes and its checkpoint.
func parts(text string, heads int, what string) ([]string, []tlog.Hash, string) {
	head, signed, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < heads {
		check(errors.New("not a proof"), what)
	}
	var hashes []tlog.Hash
	for _, line := range lines[heads:] {
		hash, err := tlog.ParseHash(line)
		check(err, what)
		hashes = append(hashes, hash)
	}
	return lines[:heads], hashes, signed
}

func number(line, prefix, what string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(line, prefix), 10, 64)
	check(err, what)
	return n
}

func main() {
	if len(os.Args) != 2 {
		check(errors.New("name one folder"), "verify")
	}
	dir := folder(os.Args[1])
	key, err := note.NewVerifier(strings.TrimSpace(dir.text("key")))
	check(err, "key")
	tree := open(dir.text("checkpoint"), key, "checkpoint")
	older := open(dir.text("older"), key, "older")
	hashes := tlog.TileHashReader(tree, dir)

	root, err := tlog.TreeHash(tree.N, hashes)
	check(err, "the tree")
	if root != tree.Hash {
		check(errors.New("not the signed root"), "the tree")
	}
	// Each leaf by its proof: what a TileHashReader reads was not always held against the tile above.
	for n := int64(0); n < tree.N; n++ {
		what := fmt.Sprintf("leaf %d", n)
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		check(err, what)
		proof, err := tlog.ProveRecord(tree.N, n, hashes)
		check(err, what)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, n, leaf[0]), what)
	}
	grown, err := tlog.ProveTree(tree.N, older.N, hashes)
	check(err, "older")
	check(tlog.CheckTree(grown, tree.N, tree.Hash, older.N, older.Hash), "older")

	heads, path, signed := parts(dir.text("consistency"), 1, "consistency")
	now := open(signed, key, "consistency")
	if number(heads[0], "old ", "consistency") != older.N {
		check(errors.New("of another size"), "consistency")
	}
	check(tlog.CheckTree(path, now.N, now.Hash, older.N, older.Hash), "consistency")

	heads, path, signed = parts(dir.text("proof"), 2, "proof")
	if heads[0] != "c2sp.org/tlog-proof@v1" {
		check(errors.New("in another format"), "proof")
	}
	then := open(signed, key, "proof")
	index := number(heads[1], "index ", "proof")
	leaf := tlog.RecordHash([]byte(dir.text("leaf")))
	check(tlog.CheckRecord(path, then.N, then.Hash, index, leaf), "proof")
	fmt.Printf("%d leaves, %d before, leaf %d of %d\n", tree.N, older.N, index, then.N)
}
