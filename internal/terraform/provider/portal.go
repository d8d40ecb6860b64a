package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// portal is the run's own listener, which keeps secrets and entities for the
// environment that the token belongs to.
type portal struct{ address, token string }

// errGone means that the portal does not have the thing.
var errGone = errors.New("the portal does not have it")

// maxAnswer bounds what the portal may answer.
const maxAnswer = 1 << 20

// call sends in as JSON to kind/name and decodes the answer into out.
func (p portal) call(ctx context.Context, method, kind, name string, in, out any) error {
	if p.address == "" {
		return errors.New("secrets and entities need a Waymark portal: let it start Terraform")
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, method, p.address+"/"+kind+"/"+url.PathEscape(name), bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+p.token)
	q.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case answer.StatusCode == http.StatusNotFound:
		return errGone
	case answer.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("the portal answers %s: %s", answer.Status, bytes.TrimSpace(b))
	case out == nil || len(b) == 0:
		return nil
	}
	return json.Unmarshal(b, out)
}
