package delivery

// definitions say how each number is made, for pages and the API.
var definitions = map[string]string{
	Frequency: "Deployments that reached production, divided by the days of the interval. A deployment counts once, at its end. " +
		"The band looks at the median number of days with a deployment in whole weeks and months; weeks without one count as 0, partial ones are left out.",
	LeadTime: "Median time from commit to the end of the first deployment that brought the change to production. " +
		"Changes without a known commit time, or committed after their deployment, are left out.",
	FailRate: "Deployments that failed, divided by all deployments to production of the interval. A deployment failed when an incident is attributed to it, " +
		"it was rolled back, or a hotfix followed it. An incident belongs to the deployment that it names, else to the latest one of the same service and environment " +
		"that ended at or before its start and at most 24 hours earlier.",
	RecoveryTime: "Median time from the end of a failed deployment to the resolution of its last incident, for those resolved in the interval. Open incidents are left out.",
	ReworkRate:   "Deployments that were not planned but answered an incident (rework, hotfix, rollback), divided by all deployments to production of the interval.",
	RestoreTime:  "Median time from the start to the resolution of incidents in production that were resolved in the interval, whatever caused them (classic MTTR).",
}
