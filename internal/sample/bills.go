package sample

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Bill is one file to import.
type Bill struct {
	Source string
	Name   string
	Body   []byte
	Rows   int
}

// line is a thing that costs money every day.
type line struct {
	source   string
	provider string
	service  string // the portal's component; empty: no tag
	team     string
	resource string
	product  string // ServiceName of the provider
	category string
	day      float64 // in production, at the end of the year, in USD
	growth   float64 // over the year; 0.3 is 30 % more at the end
	weekend  float64 // of a working day
	others   bool    // also in staging and dev
}

// lines is what Harbour Pay pays for.
var lines = []line{
	{"aws", "AWS", "payment-api", "payments-team", "payment-api", "Amazon Elastic Kubernetes Service", "Compute", 34, .35, .82, true},
	{"aws", "AWS", "payment-api", "payments-team", "payments-db", "Amazon Relational Database Service", "Databases", 29, .1, 1, true},
	{"aws", "AWS", "payment-api", "payments-team", "payments-cache", "Amazon ElastiCache", "Databases", 6.2, 0, 1, false},
	{"aws", "AWS", "payment-api", "payments-team", "payment-events", "Amazon Managed Streaming for Apache Kafka", "Integration", 21, .15, 1, false},
	{"aws", "AWS", "checkout-ui", "payments-team", "checkout-ui", "Amazon CloudFront", "Networking", 8.5, .3, .9, false},
	{"aws", "AWS", "card-vault", "payments-team", "card-vault", "Amazon Elastic Kubernetes Service", "Compute", 12.5, .1, .85, true},
	{"aws", "AWS", "card-vault", "payments-team", "card-vault-db", "Amazon Relational Database Service", "Databases", 11.8, .05, 1, false},
	{"aws", "AWS", "payout-worker", "payments-team", "payout-worker", "Amazon Elastic Kubernetes Service", "Compute", 4.6, .2, .3, true},
	{"aws", "AWS", "payout-worker", "payments-team", "payout-queue", "Amazon MQ", "Integration", 3.9, 0, 1, false},
	{"aws", "AWS", "invoice-pdf", "payments-team", "invoice-pdf", "Amazon Elastic Kubernetes Service", "Compute", 1.3, .1, .5, false},
	{"aws", "AWS", "invoice-pdf", "payments-team", "statements-bucket", "Amazon Simple Storage Service", "Storage", 2.1, .6, 1, false},
	{"aws", "AWS", "legacy-gateway", "payments-team", "legacy-gateway", "Amazon Elastic Compute Cloud", "Compute", 7.4, -.6, 1, false},
	{"aws", "AWS", "ledger", "ledger-team", "ledger", "Amazon Elastic Kubernetes Service", "Compute", 24, .2, .8, true},
	{"aws", "AWS", "ledger", "ledger-team", "ledger-db", "Amazon Relational Database Service", "Databases", 61, .08, 1, true},
	{"aws", "AWS", "settlement-engine", "ledger-team", "settlement-engine", "Amazon Elastic Kubernetes Service", "Compute", 8.8, .15, .9, true},
	{"aws", "AWS", "fx-rates", "ledger-team", "fx-rates", "Amazon Elastic Kubernetes Service", "Compute", 2, 0, 1, false},
	{"aws", "AWS", "fraud-scorer", "risk-team", "fraud-scorer-gpu", "Amazon Elastic Compute Cloud", "Compute", 92, .5, .88, false},
	{"aws", "AWS", "fraud-scorer", "risk-team", "feature-store", "Amazon ElastiCache", "Databases", 27, .3, 1, true},
	{"aws", "AWS", "chargeback-desk", "risk-team", "chargeback-desk", "Amazon Elastic Kubernetes Service", "Compute", 1.7, .1, .6, false},
	{"aws", "AWS", "merchant-portal", "merchant-team", "merchant-portal", "Amazon CloudFront", "Networking", 6.6, .25, .6, false},
	{"aws", "AWS", "merchant-api", "merchant-team", "merchant-api", "Amazon Elastic Kubernetes Service", "Compute", 10.4, .2, .7, true},
	{"aws", "AWS", "merchant-api", "merchant-team", "merchants-db", "Amazon Relational Database Service", "Databases", 16.5, .05, 1, true},
	{"aws", "AWS", "notification-worker", "merchant-team", "notification-worker", "Amazon Elastic Kubernetes Service", "Compute", 4.2, .1, .8, false},
	{"aws", "AWS", "notification-worker", "merchant-team", "notification-mail", "Amazon Simple Email Service", "Integration", 3.1, .4, .55, false},
	{"aws", "AWS", "event-collector", "data-team", "event-collector", "Amazon Elastic Kubernetes Service", "Compute", 12, .25, 1, false},
	{"aws", "AWS", "insights-dashboard", "data-team", "insights-dashboard", "Amazon Elastic Kubernetes Service", "Compute", 5.5, .1, .4, false},
	{"clickhouse", "ClickHouse", "event-collector", "data-team", "warehouse", "ClickHouse Cloud", "Analytics", 84, .4, .95, false},
	{"aws", "AWS", "api-gateway", "platform-team", "api-gateway", "Amazon Elastic Kubernetes Service", "Compute", 22, .2, .9, true},
	{"aws", "AWS", "api-gateway", "platform-team", "edge-transfer", "AWS Data Transfer", "Networking", 17, .3, .9, false},
	{"aws", "AWS", "build-runners", "platform-team", "build-runners", "Amazon Elastic Compute Cloud", "Compute", 43, .3, .22, false},
	{"aws", "AWS", "", "", "nat-gateways", "Amazon Virtual Private Cloud", "Networking", 13, .1, 1, false},
	{"aws", "AWS", "", "", "old-snapshots", "Amazon Elastic Block Store", "Storage", 6.4, .3, 1, false},
}

// season is how much busier a month is than the year's middle: shops sell
// most before Christmas.
var season = [13]float64{0, .95, .94, .97, .98, 1, 1, .97, .95, 1, 1.03, 1.1, 1.16}

// reserved is the resource whose year was paid for in advance: its usage is
// billed at nothing and costs what the reservation is worth.
const reserved = "ledger-db"

// AnomalyBefore is how many days before the last one the unusual bill began,
// and of what.
const (
	AnomalyBefore  = 17
	AnomalyService = "fraud-scorer"
)

var billHeader = []string{"BilledCost", "EffectiveCost", "ListCost", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd",
	"ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ChargeDescription", "ProviderName", "ServiceName", "ServiceCategory",
	"SubAccountId", "SubAccountName", "ResourceId", "ResourceName", "RegionId", "Tags"}

// accounts are the provider's accounts, one for each environment.
var accounts = map[string][2]string{
	"production": {"410000000001", "harbour-production"},
	"staging":    {"410000000002", "harbour-staging"},
	"dev":        {"410000000003", "harbour-dev"},
}

// Bills makes a year of FOCUS bills up to now, one file for each source.
func Bills(now time.Time) ([]Bill, error) {
	var out []Bill
	for _, source := range []string{"aws", "clickhouse"} {
		b := &biller{dice: newDice(uint64(len(source))), now: now, last: midnight(now)}
		b.first = time.Date(b.last.Year()-1, b.last.Month(), 1, 0, 0, 0, 0, time.UTC)
		body, err := b.file(source)
		if err != nil {
			return nil, fmt.Errorf("bill of %s: %w", source, err)
		}
		out = append(out, Bill{Source: source, Name: source + "-" + b.last.Format(time.DateOnly) + ".csv", Body: body, Rows: b.rows})
	}
	return out, nil
}

type biller struct {
	dice
	now, first, last time.Time
	w                *csv.Writer
	rows             int
}

func (b *biller) file(source string) ([]byte, error) {
	var buf bytes.Buffer
	b.w = csv.NewWriter(&buf)
	if err := b.w.Write(billHeader); err != nil {
		return nil, err
	}
	for day := b.first; !day.After(b.last); day = day.AddDate(0, 0, 1) {
		for _, l := range lines {
			if l.source == source {
				if err := b.day(l, day); err != nil {
					return nil, err
				}
			}
		}
		if err := b.monthly(source, day); err != nil {
			return nil, err
		}
	}
	b.w.Flush()
	return buf.Bytes(), b.w.Error()
}

// day writes what a line cost on a day, in each environment.
func (b *biller) day(l line, day time.Time) error {
	cost := b.cost(l, day)
	if err := b.write(l, "production", day, cost); err != nil || !l.others {
		return err
	}
	quiet := 1.0
	if isWeekend(day) {
		quiet = .35 // switched off when nobody works
	}
	if err := b.write(l, "staging", day, cost*.14*quiet); err != nil {
		return err
	}
	return b.write(l, "dev", day, cost*.07*quiet)
}

func (b *biller) cost(l line, day time.Time) float64 {
	year := b.last.Sub(day).Hours() / 24 / 365
	cost := l.day / (1 + l.growth*year) * season[day.Month()]
	if l.growth < 0 {
		cost = l.day * (1 - 2.2*l.growth*year)
	}
	if isWeekend(day) {
		cost *= l.weekend
	}
	if ago := int(b.last.Sub(day).Hours() / 24); l.resource == "fraud-scorer-gpu" && (ago == AnomalyBefore || ago == AnomalyBefore-1) {
		cost *= 3.1 // a training job that nobody stopped
	}
	if day.Equal(b.last) { // the day is not over
		cost *= b.now.Sub(day).Hours() / 24
	}
	return b.around(cost, .025)
}

func (b *biller) write(l line, env string, day time.Time, cost float64) error {
	billed := cost
	if l.resource == reserved && env == "production" {
		billed = 0
	}
	return b.row(l, env, "Usage", "", day, day.AddDate(0, 0, 1), billed, cost, cost/.86)
}

// monthly writes what comes once a month.
func (b *biller) monthly(source string, day time.Time) error {
	if source != "aws" {
		return nil
	}
	end := day.AddDate(0, 1, 0)
	if day.Day() == 1 {
		for _, l := range lines {
			if l.resource == reserved {
				if err := b.row(l, "production", "Purchase", "Reserved database, monthly", day, end, l.day*30.4, 0, l.day*30.4); err != nil {
					return err
				}
			}
		}
	}
	if day.Day() == 20 {
		credit := line{provider: "AWS", team: "platform-team", service: "build-runners", resource: "credits", product: "Amazon Elastic Compute Cloud", category: "Compute"}
		return b.row(credit, "production", "Credit", "Start-up programme", day, day.AddDate(0, 0, 1), -240, -240, -240)
	}
	return nil
}

func (b *biller) row(l line, env, category, text string, from, to time.Time, billed, effective, list float64) error {
	tags, err := json.Marshal(tagsOf(l, env))
	if err != nil {
		return err
	}
	month := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	money := func(f float64) string { return strconv.FormatFloat(f, 'f', 4, 64) }
	at := func(t time.Time) string { return t.Format(time.RFC3339) }
	b.rows++
	return b.w.Write([]string{money(billed), money(effective), money(list), "USD", at(month), at(month.AddDate(0, 1, 0)), at(from), at(to),
		category, text, l.provider, l.product, l.category, accounts[env][0], accounts[env][1],
		l.source + "/" + env + "/" + l.resource, l.resource, "eu-central-1", string(tags)})
}

// costCenters are where the teams' money comes from.
var costCenters = map[string]string{"payments-team": "cc-1100", "merchant-team": "cc-1100", "ledger-team": "cc-2100",
	"risk-team": "cc-2100", "platform-team": "cc-3100", "data-team": "cc-3100"}

func tagsOf(l line, env string) map[string]string {
	if l.team == "" {
		return map[string]string{} // somebody forgot
	}
	return map[string]string{"team": l.team, "service": l.service, "environment": env, "cost_center": costCenters[l.team]}
}

// Budget is what a team means to spend in a month.
type Budget struct{ Team, Monthly string }

// Budgets are those of the teams; risk spends more than it meant to.
var Budgets = []Budget{{"payments-team", "5500"}, {"ledger-team", "4200"}, {"risk-team", "3800"}, {"merchant-team", "1900"},
	{"platform-team", "3200"}, {"data-team", "3600"}}
