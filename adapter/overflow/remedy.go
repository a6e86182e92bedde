package overflow

// remedy is what a person can do about a finding of this package.
func remedy(code string) string {
	switch code {
	case "missing.configuration":
		return "Create a proactive engagement configuration for the queue with type Voice and dial mode Preview, or choose another overflow action."
	case "missing.queues":
		return "Turn on unified routing, and create a queue of type Voice under Customer support, Queues."
	case "ambiguous.configuration":
		return "Deactivate all of the queue's Voice configurations in dial mode Preview but one."
	case "closes.conversations":
		return "Set \"close existing conversations\" of the engagement configuration to No."
	case "suspended.configuration":
		return "Resume the engagement configuration, in the portal or with CCaaS_CreateOperation."
	case "unordered.configuration":
		return "Set the processing order of the engagement configuration to Earliest Scheduled Date or First In First Out."
	case "missing.action", "broken.ruleset":
		return "Open the queue's overflow handling in the portal and save its conditions and actions again."
	case "inactive.action":
		return "Activate the action's row, or set the action again in the queue's overflow handling."
	case "unsupported.action", "unavailable.action":
		return "Choose one of the actions that Dynamics documents for this condition."
	case "unsupported.target":
		return "Set the action's target again: a queue, or a number in international form such as +12025550123."
	case "unknown.target":
		return "Choose a queue that exists and that unified routing uses as the target."
	case "possible.override":
		return "If a route-to-queue rule has overflow handling of its own, move it to the queue's; an action that nothing uses may be deleted."
	case "odd.percentage":
		return "Set the percentages of the route-to-queue rule so that they add up to 100."
	case "rule.override", "unsupported.step":
		return "Nothing need be done if that is what the route-to-queue rules are to do."
	case "silent.template":
		return "Say \"callback\" in the title of the template, or choose one for callbacks."
	case "missing.members":
		return "Add representatives to the queue, or choose another overflow action."
	case "unsupported.attribute", "unsupported.operator", "unsupported.value", "unsupported.unit", "unsupported.element":
		return "Set the condition again in the queue's overflow handling; if it comes back as it is, a newer release of this product is needed."
	case "unsupported.ruleset", "unsupported.definition", "unsupported.disabledrules":
		return "Delete the conditions of the queue's overflow handling at this moment and set them again."
	case "unknown.disabledrule":
		return "Nothing need be done; saving the queue's overflow handling again may clear it."
	case "outside.range":
		return "Set a limit that the portal allows."
	case "missing.ruleset":
		return "Allow the application user to read table msdyn_decisionruleset, or set the queue's overflow handling again."
	case "unsupported.queue":
		return "If callers wait in this queue, create it again with type Voice."
	case "inactive.queue":
		return "Activate the queue, or take it out of the routing rules."
	case "missing.profile":
		return "Allow the application user to read table msdyn_proactive_callback_profile, or choose another callback profile for the overflow condition."
	case "inactive.profile", "unsupported.profile":
		return "Choose an active callback profile of type Direct Callback for the overflow condition."
	case "unsupported.deduplication", "incomplete.deduplication":
		return "Set duplicate prevention and handling again; if it comes back as it is, a newer release of this product is needed."
	case "ambiguous.terms":
		return "If all callbacks of the queue are to be alike, choose one callback profile for all its conditions."
	case "outside.hours":
		return "Set \"ignore queue hours\" of the engagement configuration to Yes, or forbid calls outside the queue's hours in the callback profile."
	case "profile.interval":
		return "Set the repeat interval of the callback profile to 30 to 3600 seconds."
	case "profile.limit":
		return "Set the most callbacks at a time to more than 0, or leave it empty."
	case "profile.retrydelay":
		return "Set the wait between attempts again, with its unit."
	case "profile.throttle":
		return "Set the target and the look-back of the wait rule in seconds, where only one reading is possible."
	default: // what is merely worth knowing
		return "Nothing need be done."
	}
}
