package main

import (
	"context"
	"io/fs"
	"strconv"
	"time"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/voice"
	"github.com/waymark-portal/waymark/templates"
	"github.com/waymark-portal/waymark/web"
)

// voiceArea is what asks people.
type voiceArea struct {
	voice          *voice.Engine
	surveyProblems []error
}

// wireVoice builds surveys from their files and keeps them to their schedule.
func (a *app) wireVoice() error {
	dirs := []string{"surveys"}
	if a.cfg.Sample {
		dirs = append(dirs, "sample/surveys")
	}
	var from []fs.FS
	for _, dir := range dirs {
		sub, err := fs.Sub(templates.FS, dir)
		if err != nil {
			return err
		}
		from = append(from, sub)
	}
	a.voice = &voice.Engine{Store: a.store, People: a.store, Now: time.Now}
	a.voice.Definitions, a.surveyProblems = voice.Load(from...)
	a.every("surveys", time.Minute, func(ctx context.Context) error {
		if a.sampleLoading() {
			return nil // it opens and closes waves of the past by itself
		}
		return a.voice.Tick(ctx, a.actions)
	})
	a.nav = append(a.nav, web.NavEntry{Group: "Improve", Label: "Surveys", URL: "/surveys", Icon: "message-square", Key: "v", Count: a.surveysWaiting})
	return a.register(a.voice.Actions()...)
}

// surveysWaiting is the number beside Surveys in the navigation.
func (a *app) surveysWaiting(ctx context.Context, v access.Viewer) (string, bool, error) {
	waiting, err := a.voice.Waiting(ctx, v)
	if err != nil || len(waiting) == 0 {
		return "", false, err
	}
	return strconv.Itoa(len(waiting)), true, nil
}

func (a *app) mountVoice(m mounts) {
	(&handlers.Surveys{Reader: a.voice, Actions: a.actions, Files: a.voice.Definitions, Problems: a.surveyProblems, Now: time.Now}).Register(m.Pages)
	(&api.Surveys{Reader: a.voice, Now: time.Now}).Register(m.API)
}
