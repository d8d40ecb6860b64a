package scaffolder

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// file is one file of a dry run.
type file struct {
	Path       string `json:"path"`
	Content    string `json:"base64Content"`
	Executable bool   `json:"executable,omitempty"`
}

// dryRun tries a template that the caller sends with its folder. It makes
// nothing, but it costs, so it is for those who may create something.
func (h *Handler) dryRun(c echo.Context) error {
	if err := mayCreate(c); err != nil {
		return err
	}
	var in struct {
		Template json.RawMessage   `json:"template"`
		Values   map[string]any    `json:"values"`
		Secrets  map[string]string `json:"secrets"`
		Files    []file            `json:"directoryContents"`
	}
	if err := bind(c, &in); err != nil {
		return err
	}
	order := scaffold.DryRunInput{Template: in.Template, Values: in.Values, Secrets: in.Secrets}
	for _, f := range in.Files {
		b, err := base64.StdEncoding.DecodeString(f.Content)
		if err != nil {
			return invalid("The content of %q is not base 64.", f.Path)
		}
		order.Files = append(order.Files, scaffold.DryRunFile{Path: f.Path, Data: b})
	}
	res, err := h.Trier.DryRun(c.Request().Context(), respond.Viewer(c), order)
	if err != nil {
		return refuse(c, err)
	}
	log, files := []object{}, []file{}
	for _, l := range res.Log {
		body := object{"message": l.Text}
		if l.Step != "" {
			body["stepId"] = l.Step
		}
		if s := stepStatus[l.Level]; s != "" {
			body["status"] = s
		}
		log = append(log, object{"body": body})
	}
	for _, f := range res.Files {
		files = append(files, file{f.Path, base64.StdEncoding.EncodeToString(f.Data), f.Executable})
	}
	return c.JSON(http.StatusOK, object{"log": log, "directoryContents": files, "output": orEmpty(res.Output), "steps": newSteps(res.Steps)})
}

// mayCreate refuses who may create nothing for any team.
func mayCreate(c echo.Context) error {
	err := respond.Require(c, scaffold.ActionName, "")
	for _, group := range respond.Viewer(c).Groups {
		if err == nil {
			return nil
		}
		err = respond.Require(c, scaffold.ActionName, group)
	}
	return err
}
