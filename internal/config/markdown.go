package config

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

const markdownHead = `---
title: Configuration
---

# Configuration

Waymark reads its settings from defaults, then from a file, then from the environment, then from flags; the last one counts.
The file is ` + "`waymark.yaml`" + ` in the working folder, or the one that ` + "`WAYMARK_CONFIG`" + ` names. Unknown keys, bad values and unsafe
combinations stop the start with the key's name. ` + "`waymark config`" + ` prints what is in force, with secrets masked.

This page is generated from the settings themselves.

| key | variable | default | what it does | example |
|---|---|---|---|---|
`

// WriteMarkdown writes the documentation page of all settings.
func WriteMarkdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString(markdownHead)
	for _, k := range (&Config{}).Keys() {
		help := k.Help
		if k.Secret {
			help += " A secret: never printed."
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", k.Key, code(k.Env), code(k.Default), strings.ReplaceAll(help, "|", "\\|"), code(k.Example))
	}
	return b.Flush()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
