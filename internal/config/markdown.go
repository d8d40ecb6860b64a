package config

import (
	"bufio"
	"fmt"
	"io"
	"reflect"
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
	for _, k := range documented() {
		help := k.Help
		if k.Secret {
			help += " A secret: never printed."
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", k.Key, code(k.Env), code(k.Default), strings.ReplaceAll(help, "|", "\\|"), code(k.Example))
	}
	return b.Flush()
}

// documented are all settings; below a list, what each of its entries has.
func documented() []Key {
	var out []Key
	for _, k := range (&Config{}).Keys() {
		out = append(out, k)
		t := k.value.Type()
		if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Struct {
			continue
		}
		for i := range t.Elem().NumField() {
			tag := t.Elem().Field(i).Tag
			if tag.Get("help") != "" {
				out = append(out, Key{Key: k.Key + "[]." + tag.Get("yaml"), Help: tag.Get("help"), Example: tag.Get("example"), Secret: tag.Get("secret") == "true"})
			}
		}
	}
	return out
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
