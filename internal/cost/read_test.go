package cost

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/internal/fault"
)

const head = "BilledCost,EffectiveCost,ListCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,ProviderName,ServiceName,SubAccountId,ResourceId,Tags\n"

var directory = Directory{
	Teams:     map[string]bool{"group:default/payments": true},
	Services:  map[string]string{"component:default/ledger": "group:default/ledger-team"},
	Resources: map[string]Place{"arn:db-1": {Team: "group:default/data"}},
	Accounts:  map[string]Place{"acc-9": {Team: "group:default/accounts"}},
}

func line(effective, tags, resource, account string) string {
	return fmt.Sprintf("1.00,%s,2,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,2026-10-01T00:00:00Z,AWS,EC2,%s,%s,\"%s\"\n",
		effective, account, resource, strings.ReplaceAll(tags, `"`, `""`))
}

func readText(t *testing.T, text string, o ReadOptions) (*Bill, error) {
	t.Helper()
	return Read(context.Background(), strings.NewReader(text), o)
}

func TestReadAllocatesInOrder(t *testing.T) {
	tests := []struct{ name, tags, resource, account, want string }{
		{"resource mapping before tag", `{"team":"payments"}`, "arn:db-1", "acc-9", "group:default/data"},
		{"tag team", `{"team":"payments"}`, "", "acc-9", "group:default/payments"},
		{"tag owner", `{"owner":"group:default/Payments"}`, "", "", "group:default/payments"},
		{"tag in another case with blanks", `{" Team ":"payments"}`, "", "", "group:default/payments"},
		{"user tag prefix", `{"user:team":"payments"}`, "", "", "group:default/payments"},
		{"unknown team kept", `{"team":"new-team"}`, "", "acc-9", "group:default/new-team"},
		{"owner of the service", `{"service":"ledger"}`, "", "acc-9", "group:default/ledger-team"},
		{"account mapping", `{"cost":"x"}`, "", "acc-9", "group:default/accounts"},
		{"nobody", `{}`, "", "acc-1", Unallocated},
		{"empty tags", ``, "", "", Unallocated},
		{"blank team", `{"team":" "}`, "", "", Unallocated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := readText(t, head+line("1.5", tt.tags, tt.resource, tt.account), ReadOptions{Directory: directory})
			if err != nil {
				t.Fatal(err)
			}
			if got := b.Cells("2026-10")[0].Place.Key(DimTeam); got != tt.want {
				t.Errorf("team %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReadRefusesBrokenFilesNamingThePlace(t *testing.T) {
	good := line("1", "{}", "", "")
	tests := []struct{ name, text, want string }{
		{"empty", "", "The file is empty"},
		{"header only", head, "no charges"},
		{"no such columns", "a,b\n1,2\n", "Row 1: the column BilledCost is missing"},
		{"letters for money", head + good + line("abc", "{}", "", ""), "Row 3, column EffectiveCost: \"abc\" is not a decimal number."},
		{"comma money", head + line(`"1,5"`, "{}", "", ""), "Row 2, column EffectiveCost: \"1,5\""},
		{"huge exponent", head + line("1e999999999", "{}", "", ""), "Row 2, column EffectiveCost"},
		{"null money", head + line("NULL", "{}", "", ""), "Row 2, column EffectiveCost"},
		{"infinite", head + line("Inf", "{}", "", ""), "Row 2, column EffectiveCost"},
		{"bad date", head + strings.Replace(good, "2026-10-01T00", "yesterday", 1), "Row 2, column ChargePeriodStart: \"yesterday:00:00Z\" is not a time"},
		{"two currencies", head + good + strings.Replace(good, "USD", "EUR", 1), "Row 3, column BillingCurrency: \"EUR\""},
		{"short row", head + "1,2,3\n", "Row 2: it has 3 fields, the header has 12."},
		{"bare quote", head + "1\"x,2\n", "Row 2: the file is not CSV there"},
		{"column twice", "BilledCost,billedcost\n", "stands twice"},
		{"other period", head + good, "Row 2, column BillingPeriodStart: the row belongs to 2026-10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := ReadOptions{}
			if tt.name == "other period" {
				o.Period = "2026-09"
			}
			_, err := readText(t, tt.text, o)
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid {
				t.Fatalf("error %v, want fault Invalid", err)
			}
			if !strings.Contains(f.Fields[0].Message, tt.want) {
				t.Errorf("message %q, want it to say %q", f.Fields[0].Message, tt.want)
			}
		})
	}
}

func TestReadNamesManyFaultsAndStops(t *testing.T) {
	_, err := readText(t, head+strings.Repeat(line("x", "{}", "", ""), 500), ReadOptions{})
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != maxFaults {
		t.Fatalf("error %v, want %d faults", err, maxFaults)
	}
}

func TestReadTakesOddFilesWithWarnings(t *testing.T) {
	text := "\ufeffbilledcost, EffectiveCost ,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,Tags\n" +
		"-3.5,-3.5,USD,2026-10-01,2026-10-02 00:00:00,not json\n" +
		"1e1,10,USD,2026-10-01,2026-10-02 00:00:00,\n"
	b, err := readText(t, text, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Total.Effective.String(); got != "6.5" {
		t.Errorf("total %s, want 6.5", got)
	}
	want := map[string]bool{"Tags": true, "ChargePeriodStart": true, "billedcost": true, "ListCost": true, "": true}
	for _, w := range b.Warnings {
		delete(want, w.Column)
		if w.Column == "ChargePeriodStart" && (w.Row != 2 || w.Rows != 2) {
			t.Errorf("warning %+v, want row 2, 2 rows", w)
		}
	}
	if len(want) > 0 {
		t.Errorf("no warning for %v in %+v", want, b.Warnings)
	}
}

func TestReadSplitsBillingMonthsAndKeepsCharges(t *testing.T) {
	row := "1,%s,1,USD,%sT00:00:00Z,2026-11-02T00:00:00Z,%sT00:00:00Z,AWS,EC2,,,\n"
	b, err := readText(t, head+fmt.Sprintf(row, "1", "2026-10-31", "2026-10-01")+fmt.Sprintf(row, "2", "2026-10-31", "2026-11-01"), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2026-10", "2026-11"}, b.Periods()); diff != "" {
		t.Error(diff)
	}
	if m := b.Month("2026-11"); m.FirstDay != "2026-10-31" || m.Amounts.Effective.String() != "2" {
		t.Errorf("month %+v", m)
	}
}

// The sum over owners and what is unallocated is the total, to the last digit.
func TestSumsAddUpExactly(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 50 {
		var text strings.Builder
		text.WriteString(head)
		total := decimal.Zero
		for range 1 + r.IntN(200) {
			amount := decimal.New(r.Int64N(1<<40)-1<<39, -int32(r.IntN(15)))
			total = total.Add(amount)
			tags := []string{"{}", `{"team":"a"}`, `{"team":"b","service":"s1"}`, `{"service":"ledger"}`, `{"env":"prod"}`}[r.IntN(5)]
			text.WriteString(line(amount.String(), tags, []string{"", "arn:db-1"}[r.IntN(2)], []string{"", "acc-9"}[r.IntN(2)]))
		}
		b, err := readText(t, text.String(), ReadOptions{Directory: directory})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]decimal.Decimal{}
		for _, s := range Sums(b.Cells("2026-10")) {
			k := s.Dimension + " " + string(s.Grain)
			got[k] = got[k].Add(s.Effective)
		}
		for k, sum := range got {
			if !sum.Equal(total) {
				t.Fatalf("round %d: %s adds up to %s, want %s", round, k, sum, total)
			}
		}
		if !b.Total.Effective.Equal(total) || len(got) != 2*len(Dimensions) {
			t.Fatalf("round %d: total %s, want %s; %d sums", round, b.Total.Effective, total, len(got))
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(head + line("1", "{}", "", ""))
	f.Add("\ufeffBilledCost\n\"")
	f.Add(head + line("1e-7", `{"team":1}`, "", ""))
	f.Fuzz(func(t *testing.T, text string) {
		b, err := Read(context.Background(), strings.NewReader(text), ReadOptions{Directory: directory})
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%v is not fault Invalid", err)
			}
			return
		}
		sum := decimal.Zero
		for _, p := range b.Periods() {
			for _, s := range Sums(b.Cells(p)) {
				if s.Dimension == DimTeam && s.Grain == Month {
					sum = sum.Add(s.Effective)
				}
			}
		}
		if !sum.Equal(b.Total.Effective) {
			t.Fatalf("teams add up to %s, total is %s", sum, b.Total.Effective)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	text.WriteString(head)
	const rows = 100_000
	for i := range rows {
		fmt.Fprintf(&text, "0.0%d,0.0%d,0.1%d,USD,2026-10-%02dT%02d:00:00Z,2026-10-%02dT%02d:00:00Z,2026-10-01T00:00:00Z,AWS,Amazon EC2,acc-%d,i-%d,\"{\"\"team\"\":\"\"team-%d\"\",\"\"service\"\":\"\"svc-%d\"\",\"\"environment\"\":\"\"production\"\"}\"\n",
			i%997, i%997, i%997, 1+i%30, i%24, 1+i%30, i%24, i%5, i%5000, i%12, i%150)
	}
	src := text.String()
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		bill, err := Read(context.Background(), strings.NewReader(src), ReadOptions{})
		if err != nil || bill.Rows != rows {
			b.Fatal(bill, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
