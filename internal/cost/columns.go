package cost

import (
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// column is a FOCUS column that the importer reads.
type column uint8

const (
	colBilled column = iota
	colEffective
	colList
	colCurrency
	colChargeStart
	colChargeEnd
	colBillingStart
	colProvider
	colServiceName
	colAccount
	colAccountName
	colResource
	colTags
	columnCount
)

// columnNames gives each column's names, the preferred first: FOCUS 1.3 names
// the service provider where earlier versions name the provider.
var columnNames = [columnCount][]string{
	colBilled:       {"BilledCost"},
	colEffective:    {"EffectiveCost"},
	colList:         {"ListCost"},
	colCurrency:     {"BillingCurrency"},
	colChargeStart:  {"ChargePeriodStart"},
	colChargeEnd:    {"ChargePeriodEnd"},
	colBillingStart: {"BillingPeriodStart"},
	colProvider:     {"ServiceProviderName", "ProviderName"},
	colServiceName:  {"ServiceName"},
	colAccount:      {"SubAccountId"},
	colAccountName:  {"SubAccountName"},
	colResource:     {"ResourceId"},
	colTags:         {"Tags"},
}

// required are the columns without which a bill says nothing.
var required = []column{colBilled, colEffective, colCurrency, colChargeStart, colChargeEnd}

func (c column) String() string { return columnNames[c][0] }

// layout says at which field of a row each column stands; -1 is nowhere.
type layout struct {
	at    [columnCount]int
	names [columnCount]string // as the file spells them
	width int
}

// readHeader finds the columns in the header row. A name in another letter
// case or with blanks around it is taken with a warning.
func readHeader(header []string, warn func(row int, col, msg string)) (layout, error) {
	l := layout{width: len(header)}
	byName := map[string]int{}
	for i, h := range header {
		h = strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))
		key := strings.ToLower(h)
		if _, twice := byName[key]; twice && key != "" {
			return l, fileFault(1, h, "stands twice in the header")
		}
		byName[key] = i
		header[i] = h
	}
	for c := range columnCount {
		l.at[c] = -1
		l.names[c] = columnNames[c][0]
		for _, name := range columnNames[c] {
			i, ok := byName[strings.ToLower(name)]
			if !ok {
				continue
			}
			l.at[c], l.names[c] = i, name
			if header[i] != name {
				warn(1, header[i], "is read as "+name)
			}
			break
		}
	}
	return l, l.missing(warn)
}

func (l layout) missing(warn func(row int, col, msg string)) error {
	var fields []fault.Field
	for _, c := range required {
		if l.at[c] < 0 {
			fields = append(fields, fault.Field{Field: "file", Code: "missing_column",
				Message: fmt.Sprintf("Row 1: the column %s is missing. A FOCUS bill needs it.", c)})
		}
	}
	if len(fields) > 0 {
		f := fault.InvalidFields(fields...)
		f.Public = fields[0].Message + " Nothing was imported."
		return f
	}
	for _, c := range []column{colList, colProvider, colServiceName, colTags} {
		if l.at[c] < 0 {
			warn(1, c.String(), "is not in this file")
		}
	}
	return nil
}

// fileFault refuses a file for one place in it.
func fileFault(row int, col, what string) *fault.Error {
	return fault.InvalidFields(fileField(row, col, what))
}

func fileField(row int, col, what string) fault.Field {
	msg := fmt.Sprintf("Row %d, column %s: %s.", row, col, what)
	if col == "" {
		msg = fmt.Sprintf("Row %d: %s.", row, what)
	}
	return fault.Field{Field: "file", Code: "bad_row", Message: msg}
}
