package dataverse

import (
	"strings"
	"unicode/utf8"
)

// tokenKind of the expression language of $filter and $orderby.
type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenName             // identifier, dotted name, operator word, @alias
	tokenString           // quoted text, unescaped
	tokenNumber           // -12, 3.5
	tokenGUID             // without quotes
	tokenTime             // date or date and time
	tokenArray            // a whole JSON array, as sent
	tokenEnum             // Namespace.Type'Name', as sent
	tokenSymbol           // ( ) , / : =
)

type token struct {
	kind tokenKind
	text string
	at   int // byte offset in the source
}

// lexer cuts an expression into tokens.
type lexer struct {
	source string
	offset int
}

// tokenise reads to the end; the last token is tokenEnd.
func tokenise(source string) ([]token, error) {
	l := lexer{source: source}
	var all []token
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		if all = append(all, t); t.kind == tokenEnd {
			return all, nil
		}
	}
}

func (l *lexer) next() (token, error) {
	for l.offset < len(l.source) && isSpace(l.source[l.offset]) {
		l.offset++
	}
	at := l.offset
	if at == len(l.source) {
		return token{tokenEnd, "", at}, nil
	}
	rest := l.source[at:]
	switch c := rest[0]; {
	case c == '\'':
		return l.quoted()
	case c == '[':
		return l.array()
	case strings.IndexByte("(),/:=", c) >= 0:
		return l.take(tokenSymbol, 1), nil
	}
	word := rest[:wordLength(rest)]
	if word == "" {
		return token{}, syntaxError(at, l.source, "Syntax error: character '%s' is not valid", firstRune(rest))
	}
	if strings.HasPrefix(word, queryNamespace) && strings.HasPrefix(rest[len(word):], "'") {
		return l.enumeration(word)
	}
	return l.take(classify(word), len(word)), nil
}

// enumeration reads Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned'.
func (l *lexer) enumeration(kind string) (token, error) {
	at := l.offset
	l.offset += len(kind)
	name, err := l.quoted()
	return token{tokenEnum, kind + "'" + name.text + "'", at}, err
}

func (l *lexer) take(kind tokenKind, n int) token {
	t := token{kind, l.source[l.offset : l.offset+n], l.offset}
	l.offset += n
	return t
}

// quoted reads 'O”Brien'.
func (l *lexer) quoted() (token, error) {
	at := l.offset
	for i := at + 1; i < len(l.source); i++ {
		if l.source[i] != '\'' {
			continue
		}
		if i+1 < len(l.source) && l.source[i+1] == '\'' {
			i++
			continue
		}
		l.offset = i + 1
		return token{tokenString, strings.ReplaceAll(l.source[at+1:i], "''", "'"), at}, nil
	}
	return token{}, syntaxError(len(l.source), l.source, "There is an unterminated literal")
}

// array takes a JSON array of the query functions whole; its quotes may be double or single.
func (l *lexer) array() (token, error) {
	var quote byte
	for i := l.offset; i < len(l.source); i++ {
		switch c := l.source[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == ']':
			return l.take(tokenArray, i+1-l.offset), nil
		}
	}
	return token{}, syntaxError(len(l.source), l.source, "There is an unterminated array")
}

// wordLength covers names, numbers, identifiers and times; which of them it is shows in the whole word.
func wordLength(s string) int {
	for i := range len(s) {
		c := s[i]
		isTimeColon := c == ':' && i > 10 && s[4] == '-' && s[10] == 'T' // 2026-10-01T12:34:56Z
		if !isWordByte(c) && !isTimeColon && (c != '@' || i > 0) && (c != '+' || i < 16) {
			return i
		}
	}
	return len(s)
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.' || c == '-' || c == '$' || c >= utf8.RuneSelf
}

func classify(word string) tokenKind {
	if _, ok := parseGUID(word); ok {
		return tokenGUID
	}
	first := word[0]
	digit := '0' <= first && first <= '9'
	switch {
	case digit && len(word) >= len("2026-10-01") && word[4] == '-':
		return tokenTime
	case digit, first == '-' && len(word) > 1:
		return tokenNumber
	default:
		return tokenName
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func firstRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}
