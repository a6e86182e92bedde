package overflow

// french says what english does. A no-break space stands where French sets one.
func french() words {
	return words{
		noRules:    "Cette file n'a pas de règle de débordement %s\u00a0; l'appel attend.",
		excluded:   "Les règles de débordement ne s'appliquent pas %s\u00a0: %s.",
		unreadable: "Rien ne peut être décidé %s\u00a0: %s. Rien n'est proposé.",
		fallback:   "La documentation ne dit pas si les règles s'appliquent dans la file de secours\u00a0; elles ont été consultées.",
		acts:       "Action\u00a0: %s.", hindered: "Action\u00a0: %s\u00a0; elle est affichée, mais n'est pas exécutée\u00a0: %s.",
		shadowed:      "Comme la règle %s ne peut pas être évaluée, l'action est affichée, mais n'est pas exécutée\u00a0: %s.",
		actionUnknown: "inconnue",
		noneHolds:     "Aucune règle de débordement n'est remplie\u00a0; l'appel attend.",
		indeterminate: "Aucune règle n'est remplie avec certitude\u00a0; rien n'est proposé.",
		rule:          "règle %s", ruleIs: "la règle est %s", always: "la règle n'a pas de condition, elle est donc toujours remplie", semicolon: "\u00a0; ",
		limit: "la limite de cette file est de %s", oneOf: "la règle demande l'une des valeurs %s", asks: "la règle demande %s %s",
		atMost: "au plus", moreThan: "plus de", lessThan: "moins de", exactly: "exactement", not: "autre chose que",
		oneCall: "1 appel est en attente", open: "la file est ouverte", shut: "la file est fermée",
		point: ",", group: "\u202f",
		hour: [2]string{"heure", "heures"}, minute: [2]string{"minute", "minutes"}, second: [2]string{"seconde", "secondes"},
		moments: [momentCount]string{"avant la mise en file", "pendant l'attente en file"},
		truths:  [3]string{"fausse", "indéterminée", "vraie"},
		readings: [attributeCount]seen{
			estimatedWait: {"l'attente estimée est de %s", "il n'y a pas encore d'attente estimée", "l'attente estimée ne peut pas être lue"},
			queueSize:     {"%s appels sont en attente", "on ne sait rien des appels en attente", "le nombre d'appels en attente est inconnu"},
			withinHours:   {"", "la file n'a pas d'heures d'ouverture", "les heures d'ouverture de la file ne peuvent pas être lues"},
			elapsedWait:   {"l'appelant attend depuis %s", "l'attente n'est pas connue", "l'attente ne peut pas être lue"},
			opaque:        {"", "une condition ne peut pas être lue", "une condition ne peut pas être lue"},
		},
		labels: [attributeCount]string{
			estimatedWait: "Temps d'attente moyen", queueSize: "Limite d'éléments de travail", withinHours: "En dehors des heures d'ouverture",
			elapsedWait: "Temps d'attente dans la file", opaque: "Condition inconnue",
		},
		actions: [documentedActions]string{
			"aucune (par défaut)", "mettre fin à l'appel", "transférer vers un numéro externe", "rappel direct",
			"messagerie vocale", "transférer vers une autre file", "affecter quand même à la file",
		},
		otherAction: "action de débordement inconnue %s", otherActionCalled: "action de débordement inconnue %s (%s)",
		promises: frenchPromises(), reasons: frenchReasons(), effects: frenchEffects(), traced: frenchTraced(),
		quoted: "«\u00a0%s\u00a0»", colon: "\u00a0: ", percent: "%s\u00a0%",
		noRoutes: "Aucune règle de routage vers une file n'est connue pour ce flux de travail\u00a0; les événements de ses appels nomment la file.",
		noQueue:  "Aucune règle ne correspond, et le flux de travail n'a pas de file de secours.", toFallback: "Aucune règle ne correspond\u00a0: l'appel va dans la file de secours %s.",
		toQueue: "L'appel va dans %s.", firstFree: "Parmi les %s files qui correspondent, %s est la première qui ne déborde pas.",
		allFull:    "Les %s files qui correspondent débordent\u00a0; %s est ouverte, c'est donc son action qui est exécutée.",
		opensFirst: "Les %s files qui correspondent débordent et aucune n'est ouverte\u00a0; %s ouvre la première, c'est donc son action qui est exécutée.",
		unread:     "Elle n'est pas parmi les files vocales qui ont été lues.",
		unsaid:     "Une autre file peut être choisie\u00a0; cela dépend de ce qui n'a pas été dit\u00a0: %s.",
	}
}

// frenchEffects are what can come of a rule in a trace, which is feminine in French. The
// longer phrases come first, because a shorter one may be part of them.
func frenchEffects() [][2]string {
	return [][2]string{
		{effectUndecided, "%s, bien que la règle %s ne puisse pas être évaluée"},
		{effectShadowed, "masquée par la règle %s\u00a0: affichée, mais pas exécutée"},
		{effectNone, "pas évaluée"},
		{effectNothing, "rien n'est décidé"},
		{effectEarlier, "une règle précédente a décidé"},
		{effectRecorded, "retenue\u00a0; les règles suivantes sont affichées, mais pas exécutées"},
		{effectNext, "règle suivante"},
		{NoRule.String(), "aucune règle"},
		{Act.String(), "exécutée"},
		{Excluded.String(), "pas applicable"},
		{Unsupported.String(), "action inconnue ici"},
		{Shadowed.String(), "masquée"},
		{Indeterminate.String(), "indéterminée"},
		{NotAvailable.String(), "action pas disponible"},
	}
}

// frenchTraced are the short words of a trace that are not the ruleset's own.
func frenchTraced() map[string]string {
	return map[string]string{
		ResultNotAsked: "pas consultée", ResultDisabled: "désactivée", valueAbsent: "absente", "seconds": "secondes", "minutes": "minutes",
		"true": "vraie", "false": "fausse", valueUnknown: "indéterminée", valueUnsaid: "pas dit", groupAnd: "ET", groupOr: "OU",
	}
}

// frenchReasons are the reasons that a trace can have. The English ones are those of
// the code that makes them; a test looks for one that is missing here.
func frenchReasons() [][2]string {
	return [][2]string{
		{"an AI agent still handles the call", "un agent IA traite encore l'appel"},
		{"the call came to the fallback queue", "l'appel est arrivé dans la file de secours"},
		{"the call was transferred to this queue", "l'appel a été transféré vers cette file"},
		{"the call overflowed from another queue", "l'appel a débordé d'une autre file"},
		{"a call that came by transfer or overflow can only be transferred", "un appel arrivé par transfert ou par débordement ne peut qu'être transféré"},
		{"%s is not offered in classic for the condition %s", "%s n'est pas proposé en mode classique pour la condition %s"},
		{"the action is not known here", "cette action n'est pas connue ici"},
		{"its action row is inactive", "la ligne de son action est inactive"},
		{"its action row does not exist or cannot be read", "la ligne de son action n'existe pas ou ne peut pas être lue"},
		{"its reference to an action cannot be read", "sa référence à une action ne peut pas être lue"},
		{"it names two actions", "elle nomme deux actions"},
		{"it names no action", "elle ne nomme aucune action"},
		{"its target queue cannot be read", "sa file cible ne peut pas être lue"},
		{"its target number cannot be read: %s", "son numéro cible ne peut pas être lu\u00a0: %s"},
		{"the attribute %s is not known", "l'attribut %s n'est pas connu"},
		{"the attribute %s has no value %s", "l'attribut %s n'a pas de valeur %s"},
		{"the operator %s is not known", "l'opérateur %s n'est pas connu"},
		{"the operator %s does not fit the attribute %s", "l'opérateur %s ne convient pas à l'attribut %s"},
		{"the unit %s is not known for this attribute", "l'unité %s n'est pas connue pour cet attribut"},
		{"%s is no value of this attribute", "%s n'est pas une valeur de cet attribut"},
		{"there is nothing to compare with", "il n'y a rien avec quoi comparer"},
		{"its type is %s, not Declarative (%s)", "son type est %s et non Declarative (%s)"},
		{"its definition is empty or not XML", "sa définition est vide ou n'est pas du XML"},
		{"its root element is %s, not %s", "son élément racine est %s et non %s"},
		{"its hit policy is %s", "sa stratégie de sélection est %s"},
		{"its version is %s", "sa version est %s"},
		{"it has no %s", "il n'a pas de %s"},
		{"its callback profile does not exist or cannot be read", "son profil de rappel n'existe pas ou ne peut pas être lu"},
		{"its duplicate handling is not known: scope %s, action %s", "son traitement des doublons n'est pas connu\u00a0: portée %s, action %s"},
		{"its callback profile cannot be used: %s", "son profil de rappel ne peut pas être utilisé\u00a0: %s"},
		{"which of its rules are disabled cannot be read", "on ne peut pas lire lesquelles de ses règles sont désactivées"},
	}
}
