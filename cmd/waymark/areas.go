package main

import (
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/run"
)

// areas are the engines that others stand on.
type areas struct {
	runs    *run.Engine
	catalog *catalog.Engine
	catalogArea
	backstageArea
	createArea
	fleetArea
	scaffolderArea
	policyArea
	voiceArea
	envArea
	sampleArea
	numbersArea
	docsArea
}
