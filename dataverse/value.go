package dataverse

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
)

// Date is a day without a time, for columns that hold only that.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Enum is a member of an enumeration, which functions and metadata ask for:
// Enum{"EndpointAccessType", "Default"}.
type Enum struct{ Type, Member string }

// namespace is where Dataverse keeps its own functions, actions and enumerations.
const namespace = "Microsoft.Dynamics.CRM."

var (
	namePattern   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	memberPattern = regexp.MustCompile(`^[A-Za-z0-9_]+(,[A-Za-z0-9_]+)*$`)
)

// literal writes a value as OData does.
func literal(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "null", nil
	case string:
		return quote(v)
	case GUID:
		id := adapter.NormalizeID(string(v))
		if !adapter.IsGUID(id) {
			return "", errors.New("not a GUID")
		}
		return id, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return number(v)
	case time.Time:
		if year := v.UTC().Year(); year < 1 || year > 9999 {
			return "", errors.New("a year that has not four digits")
		}
		return v.UTC().Format("2006-01-02T15:04:05.999Z"), nil
	case Date:
		return v.literal()
	case Enum:
		if !namePattern.MatchString(v.Type) || !memberPattern.MatchString(v.Member) {
			return "", errors.New("not a member of an enumeration")
		}
		return namespace + v.Type + "'" + v.Member + "'", nil
	}
	return "", fmt.Errorf("a %T is not a value", value)
}

// number writes no exponent, which Dataverse does not read.
func number(v float64) (string, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "", errors.New("not a number")
	}
	return strconv.FormatFloat(v, 'f', -1, 64), nil
}

func (d Date) literal() (string, error) {
	at := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	if at.Year() != d.Year || at.Month() != d.Month || d.Year < 1 || d.Year > 9999 {
		return "", errors.New("not a day of the calendar")
	}
	return at.Format(time.DateOnly), nil
}

// quote doubles the quote, which is all that OData asks of a string. Text that
// is no UTF-8 would reach the server as another text.
func quote(text string) (string, error) {
	if clean := strings.ToValidUTF8(text, ""); clean != text {
		return "", errors.New("text is not UTF-8")
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'", nil
}

// texts writes a JSON array of strings: numbers too are strings in it.
func texts(values []any) (string, error) {
	all := make([]string, len(values))
	for i, value := range values {
		if text, ok := value.(string); ok {
			if _, err := quote(text); err != nil {
				return "", err
			}
			all[i] = text
			continue
		}
		text, err := literal(value)
		if err != nil {
			return "", err
		}
		all[i] = text
	}
	return encodeJSON(all)
}

// encodeJSON leaves < and & as they are.
func encodeJSON(value any) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSuffix(b.String(), "\n"), err
}
