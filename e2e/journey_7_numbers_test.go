package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	rational "math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// costs is what GET /costs answers.
type costs struct {
	Items []struct {
		Key, Title, Amount string
		Change             *float64
	}
	Total, Unallocated, Currency, From, To string
}

// number is one metric of GET /dora.
type number struct {
	Value      *float64
	Unit       string
	N          int
	Band       *string
	BandSource *string
	Definition string
	Reason     *string
}

// dora is what GET /dora answers.
type dora struct {
	DeploymentFrequency, ChangeLeadTime, ChangeFailRate, FailedDeploymentRecoveryTime, DeploymentReworkRate, TimeToRestore number
	Weekly                                                                                                                 []struct {
		Week        string
		Deployments int
	}
}

// evidence is what GET /dora/events answers.
type evidence struct {
	Items []struct {
		ID         string
		Failed     bool
		Kind       string
		Fixes      string
		Lead_s     *float64
		Recovery_s *float64
	}
	Total int
	Next  string
}

const paymentsDora = "/dora?scope=team:payments-team"

// rows reads all pages of the rows behind a metric.
func rows(t *testing.T, c *client, metric string) (all evidence) {
	t.Helper()
	for next := ""; ; {
		page := apiGet[evidence](t, c, "/dora/events?scope=team:payments-team&limit=100&metric="+metric+"&cursor="+url.QueryEscape(next))
		all.Items, all.Total = append(all.Items, page.Items...), page.Total
		if next = page.Next; next == "" {
			return all
		}
	}
}

// exact adds decimal texts without losing a digit.
func exact(t *testing.T, amounts ...string) *rational.Rat {
	t.Helper()
	sum := new(rational.Rat)
	for _, a := range amounts {
		r, ok := new(rational.Rat).SetString(a)
		if !ok {
			t.Fatalf("%q is not a decimal", a)
		}
		sum.Add(sum, r)
	}
	return sum
}

// A head of engineering sees what teams cost per month and how a team
// delivers; each number opens to the rows it is made of, and new bills and
// deployments count at once and once only.
func TestJourney7SeeCostsAndDORA(t *testing.T) {
	const secret = "a secret of the forge for this test"
	s := start(t, options{sample: true, env: []string{"WAYMARK_HOOK_GITHUB=" + secret}})
	s.loaded()
	ada := s.as("ada")

	b := open(t, s)
	b.signIn("ada")
	t.Run("costs by team per month", func(t *testing.T) { seeCosts(t, b.in(t), ada) })
	t.Run("the sums are exact", func(t *testing.T) { costsAddUp(t, ada) })
	t.Run("DORA of a team", func(t *testing.T) { seeDORA(t, b.in(t), ada) })
	t.Run("numbers are what their rows say", func(t *testing.T) { numbersFromRows(t, ada) })
	t.Run("a deployment comes in", func(t *testing.T) { deploymentComesIn(t, s, ada, secret) })
	t.Run("a bill comes in", func(t *testing.T) { billComesIn(t, s, ada) })
	b.clean()
}

func seeCosts(t *testing.T, b *browser, ada *client) {
	b.goTo("/costs")
	b.do("wait for the chart", chromedp.WaitVisible(chromedp.CSS(`.plot-box svg`)))
	c := apiGet[costs](t, ada, "/costs")
	if n := eval[int](b, `document.querySelectorAll("main table").length`); n != 2 {
		t.Errorf("%d tables, want the chart's figures and the list", n)
	}
	if eval[bool](b, `document.querySelector(".plot-data table").checkVisibility()`) {
		t.Error("the figures of the chart stand open")
	}
	b.click(".plot-data summary")
	if months := eval[int](b, `document.querySelectorAll(".plot-data thead th").length`); months != 13 {
		t.Errorf("%d columns of figures, want a name and twelve months", months)
	}
	b.do("see the figures", chromedp.WaitVisible(chromedp.CSS(`.plot-data table`)))
	b.waitText("main", "How these numbers are made", 2*time.Second)
	b.axe("costs")
	b.click(".plot-data summary")
	b.dark(true)
	b.axe("costs, dark")
	b.dark(false)
	if res, body := ada.get("/costs.csv"); res.StatusCode != 200 || !strings.HasPrefix(body, "bucket,team,name,amount,currency,measure\n") {
		t.Errorf("CSV: %d %.100s", res.StatusCode, body)
	}
	b.click(`main a[href*="team=group%3Adefault%2Fpayments-team"]`)
	b.waitText("h1", "Payments", 5*time.Second)
	b.waitText("main table", "Payment API", 5*time.Second)
	if at := eval[string](b, `location.search`); !strings.Contains(at, "group=service") {
		t.Errorf("a team leads to %s, want its services", at)
	}
	if len(c.Items) < 6 || c.Currency != "USD" {
		t.Errorf("%d teams in %q", len(c.Items), c.Currency)
	}
	b.goTo("/catalog/default/component/payment-api/costs")
	b.do("wait for the chart", chromedp.WaitVisible(chromedp.CSS(`.plot-box svg`)))
	b.axe("costs of a service")
}

// costsAddUp compares every grouping with every other, to the last digit.
func costsAddUp(t *testing.T, c *client) {
	for _, measure := range []string{"effective", "billed", "list"} {
		want := ""
		for _, group := range []string{"team", "service", "environment", "provider", "serviceName", "day", "month"} {
			r := apiGet[costs](t, c, "/costs?group="+group+"&measure="+measure+"&from=2025-12-01&to=2027-01-01")
			var amounts []string
			for _, i := range r.Items {
				amounts = append(amounts, i.Amount)
			}
			if exact(t, amounts...).Cmp(exact(t, r.Total)) != 0 {
				t.Errorf("%s by %s: the items add up to %s, the total is %s", measure, group, exact(t, amounts...).FloatString(12), r.Total)
			}
			if want == "" {
				want = r.Total
			}
			if exact(t, want).Cmp(exact(t, r.Total)) != 0 {
				t.Errorf("%s by %s: total %s, by team %s", measure, group, r.Total, want)
			}
		}
	}
}

func seeDORA(t *testing.T, b *browser, ada *client) {
	b.goTo("/dora")
	b.do("choose the team", chromedp.SetValue(chromedp.CSS(`#f-scope`), "team:group:default/payments-team"))
	// The form sends itself when the team is chosen: a click of its button would race with the page that comes.
	b.waitAt("scope=team", 5*time.Second)
	b.waitText("h1 ~ *, .page-head", "Payments", 5*time.Second)
	b.do("wait for the charts", chromedp.WaitVisible(chromedp.CSS(`.plot-box svg`)))
	d := apiGet[dora](t, ada, paymentsDora)
	links := eval[[]string](b, `[...document.querySelectorAll("main .stat a")].map(a => a.getAttribute("href"))`)
	if len(links) != 6 {
		t.Fatalf("%d numbers open to their rows, want 6: %v", len(links), links)
	}
	b.axe("dora")
	b.dark(true)
	b.axe("dora, dark")
	b.dark(false)
	ns := map[string]int{"deploymentFrequency": d.DeploymentFrequency.N, "changeLeadTime": d.ChangeLeadTime.N, "changeFailRate": d.ChangeFailRate.N,
		"failedDeploymentRecoveryTime": d.FailedDeploymentRecoveryTime.N, "deploymentReworkRate": d.DeploymentReworkRate.N, "timeToRestore": d.TimeToRestore.N}
	for _, link := range links {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		n := ns[u.Query().Get("metric")]
		b.goTo(link)
		b.waitText("main", fmt.Sprintf("%d row", n), 5*time.Second)
		if shown := eval[int](b, `document.querySelectorAll("main tbody tr").length`); shown != min(n, 50) {
			t.Errorf("%s: %d rows on the first page, n is %d", link, shown, n)
		}
	}
	b.axe("rows of a number")
	b.size(360, 800)
	b.goTo(paymentsDora)
	if eval[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
		t.Error("the page is wider than a phone")
	}
	b.size(1440, 900)
}

func numbersFromRows(t *testing.T, c *client) {
	d := apiGet[dora](t, c, paymentsDora)
	if len(d.Weekly) < 12 {
		t.Errorf("%d weeks in 90 days", len(d.Weekly))
	}
	for name, m := range map[string]number{"frequency": d.DeploymentFrequency, "lead time": d.ChangeLeadTime, "fail rate": d.ChangeFailRate,
		"recovery": d.FailedDeploymentRecoveryTime, "rework": d.DeploymentReworkRate, "restore": d.TimeToRestore} {
		if m.Value == nil || m.Definition == "" {
			t.Fatalf("%s of the sample: %+v", name, m)
		}
	}
	var leads, recoveries []float64
	for _, i := range rows(t, c, "changeLeadTime").Items {
		leads = append(leads, *i.Lead_s)
	}
	for _, i := range rows(t, c, "failedDeploymentRecoveryTime").Items {
		recoveries = append(recoveries, *i.Recovery_s)
	}
	failed, rework := 0, 0
	all := rows(t, c, "changeFailRate")
	for _, i := range all.Items {
		if i.Failed {
			failed++
		}
		if i.Kind != "planned" || i.Fixes != "" {
			rework++
		}
	}
	n := float64(len(all.Items))
	for _, x := range []struct {
		name string
		got  number
		want float64
		n    int
	}{
		{"lead time", d.ChangeLeadTime, medianOf(leads), len(leads)}, {"recovery", d.FailedDeploymentRecoveryTime, medianOf(recoveries), len(recoveries)},
		{"fail rate", d.ChangeFailRate, float64(failed) / n, len(all.Items)}, {"rework", d.DeploymentReworkRate, float64(rework) / n, len(all.Items)},
		{"frequency", d.DeploymentFrequency, n / 90, len(all.Items)},
	} {
		if math.Abs(*x.got.Value-x.want) > 1e-6*math.Max(1, x.want) || x.got.N != x.n {
			t.Errorf("%s is %v of %d; its rows say %v of %d", x.name, *x.got.Value, x.got.N, x.want, x.n)
		}
	}
}

// medianOf is the median with linear interpolation, as the definitions say.
func medianOf(v []float64) float64 {
	slices.Sort(v)
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}

// deploymentComesIn posts what a forge posts, signed, twice.
func deploymentComesIn(t *testing.T, s *server, c *client, secret string) {
	before := apiGet[dora](t, c, paymentsDora)
	now := time.Now().UTC().Truncate(time.Second)
	body := fmt.Sprintf(`{"action":"created","deployment_status":{"state":"success","environment":"production","created_at":%q},
	 "deployment":{"id":99001,"sha":"abc","environment":"production","production_environment":true,"created_at":%q,
	 "payload":{"service":"component:default/payment-api","version":"journey-7","commits":[{"id":"abc","committedAt":%q}]}},
	 "repository":{"full_name":"harbour-pay/payment-api"}}`, now.Format(time.RFC3339), now.Format(time.RFC3339), now.Add(-time.Hour).Format(time.RFC3339))
	post := func(signature string) (int, string) {
		req, err := http.NewRequest(http.MethodPost, s.URL+"/hooks/github", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-GitHub-Event", "deployment_status")
		req.Header.Set("X-GitHub-Delivery", "journey-7")
		req.Header.Set("X-Hub-Signature-256", "sha256="+signature)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, _ := io.ReadAll(res.Body) // shown only
		return res.StatusCode, string(answer)
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	signature := hex.EncodeToString(m.Sum(nil))
	if code, answer := post(strings.Repeat("0", 64)); code != http.StatusUnauthorized {
		t.Errorf("a wrong signature: %d %s", code, answer)
	}
	for i, want := range []string{"recorded", "repeated"} {
		if code, answer := post(signature); code != http.StatusAccepted || !strings.Contains(answer, want) {
			t.Errorf("time %d: %d %s, want %s", i+1, code, answer, want)
		}
	}
	after := apiGet[dora](t, c, paymentsDora)
	if got, want := after.DeploymentFrequency.N, before.DeploymentFrequency.N+1; got != want {
		t.Errorf("%d deployments, want %d", got, want)
	}
	if got, want := after.ChangeLeadTime.N, before.ChangeLeadTime.N+1; got != want {
		t.Errorf("%d changes, want %d", got, want)
	}
	if _, page := c.get("/deployments"); !strings.Contains(page, "journey-7") {
		t.Error("the deployment is not on its page")
	}
}

// billComesIn uploads bills through the form: a broken one, a good one, and
// the good one again.
func billComesIn(t *testing.T, s *server, ada *client) {
	folder := t.TempDir()
	const head = "BilledCost,EffectiveCost,ListCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName,Tags\n"
	row := "%s,1234.56,1300,USD,2026-03-02T00:00:00Z,2026-03-03T00:00:00Z,Other Cloud,Compute,\"{\"\"team\"\":\"\"payments-team\"\"}\"\n"
	write := func(name, amount string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(head+fmt.Sprintf(row, "1")+fmt.Sprintf(row, amount)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	b := open(t, s)
	b.signIn("grace")
	const march = "/costs?from=2026-03-01&to=2026-04-01"
	before := apiGet[costs](t, ada, march)
	upload := func(path string) {
		b.goTo("/costs/imports")
		b.do("name the source", chromedp.SendKeys(chromedp.CSS(`input[name="source"]`), "other"))
		b.do("choose a file", chromedp.SetUploadFiles(chromedp.CSS(`input[name="file"]`), []string{path}))
		b.click(`main form button[type="submit"]`)
	}
	upload(write("broken.csv", "a lot"))
	b.waitText("main", `Row 3, column BilledCost: "a lot" is not a decimal number.`, 5*time.Second)
	b.axe("refused bill")
	b.forget()
	if got := apiGet[costs](t, ada, march); got.Total != before.Total {
		t.Errorf("a refused bill changed the total from %s to %s", before.Total, got.Total)
	}
	for range 2 {
		upload(write("good.csv", "2"))
		b.waitText("body", "The bill was imported.", 5*time.Second)
		b.waitText("main table", "good.csv", 5*time.Second)
		got := apiGet[costs](t, ada, march)
		if exact(t, got.Total).Cmp(exact(t, before.Total, "2469.12")) != 0 {
			t.Errorf("total %s, want %s and 2469.12 more", got.Total, before.Total)
		}
	}
	b.axe("imported bills")
	b.clean()
	if res, _ := ada.form("/costs/imports", url.Values{"source": {"other"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a developer imports a bill: %d, want 403", res.StatusCode)
	}
}
