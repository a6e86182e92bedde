package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"directcallback/adapter"
)

// width is that of the terminals that text is wrapped for.
const width = 80

// printWrapped prints text in lines of at most width, each behind indent. What has
// no space is not cut.
func printWrapped(stdout io.Writer, indent, text string) error {
	line := indent
	var lines []string
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ' ' || c == '\n' }) {
		if line != indent && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	_, err := fmt.Fprintln(stdout, strings.Join(append(lines, line), "\n"))
	return err
}

// plain is text without what a terminal would obey: names are what somebody chose.
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsGraphic(c) {
			return c
		}
		return utf8.RuneError
	}, text)
}

// printFindings prints each finding as a person reads it: how bad, where, what, what
// follows from it, and what to do.
func printFindings(stdout io.Writer, findings []adapter.Finding) error {
	for _, f := range findings {
		where := f.Name
		if where == "" {
			where = f.Row
		}
		switch {
		case where == "":
			where = f.Table
		case f.Table != "":
			where += " (" + f.Table + ")"
		}
		if f.QueueName != "" && !strings.Contains(f.Name, f.QueueName) {
			where += ", of queue " + f.QueueName
		}
		if _, err := fmt.Fprintf(stdout, "\n%-9s%s\n", f.Severity, cell(where)); err != nil {
			return err
		}
		const indent = "         "
		for _, text := range []string{sentence(f.Reason), sentence(f.Consequence), "→ " + sentence(f.Remedy), f.Link} {
			if strings.Trim(text, "→ ") == "" {
				continue
			}
			if err := printWrapped(stdout, indent, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// sentence begins with a capital and ends with a stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	first, size := utf8.DecodeRuneInString(text)
	if text == "" {
		return ""
	}
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.ContainsRune(".!?", rune(text[len(text)-1])) {
		text += "."
	}
	return text
}
