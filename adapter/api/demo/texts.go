package demo

// place is a branch.
type place struct{ Name, Street string }

// answer is one to a question that customers have.
type answer struct{ Question, Answer string }

// texts is the page in one language. Its telephone numbers are those that Ofcom and
// Arcep keep for fiction.
type texts struct {
	Title, Description, Bank, Skip, Sections, Language  string
	Callback, Phone, Branches, Questions, Heading, Lead string
	Locale                                              string
	Country                                             string // whose numbers may be given without a country code
	Otherwise, Number, Tel, Hours                       string
	Lost, LostNumber, LostTel, LostHours                string
	Places                                              []place
	Answers                                             []answer
	Demonstration, Docs                                 string
}

// languages has every language of the page; the first is for those who speak none.
func languages() []string { return []string{"en", "fr"} }

func textsOf(lang string) texts {
	if lang == "fr" {
		return french()
	}
	return english()
}

func english() texts {
	return texts{
		Locale: "en-GB", Title: "Contact us – Larkmoor Bank",
		Description: "How to reach Larkmoor Bank: have us call you, call us, or visit a branch.",
		Bank:        "Larkmoor Bank", Skip: "Skip to the content", Sections: "On this page", Language: "Language",
		Callback: "We call you", Phone: "Call us", Branches: "Visit us", Questions: "Questions",
		Heading: "How can we help?",
		Lead:    "Talk to somebody who knows your bank. You choose when; we pick up the phone.",
		Country: "GB", Otherwise: "Or call us on", Number: "020 7946 0018", Tel: "+442079460018",
		Hours: "Every day, day and night. Calls cost what a call to London costs.",
		Lost:  "Lost or stolen card", LostNumber: "020 7946 0999", LostTel: "+442079460999",
		LostHours: "Block it at once, at any hour.",
		Places: []place{
			{"Larkmoor, Market Square 4", "Monday to Friday, 9\u00a0am to 5\u00a0pm"},
			{"Harrow Bridge, Mill Lane 12", "Tuesday and Thursday, 10\u00a0am to 4\u00a0pm"},
		},
		Answers: []answer{
			{"Do I lose my place if I hang up?", "No. Your callback stands in line like a call, and keeps its place."},
			{"Who calls me?", "Somebody of the team that you would have reached on the phone. We never ask for your password or PIN."},
			{"Can I change my mind?", "Yes, on this page: move the callback, correct the number, or cancel it."},
			{"What happens to my number?", "It is used for this call, and removed afterwards."},
		},
		Demonstration: "This page is a demonstration; Larkmoor Bank does not exist.", Docs: "The API behind it",
	}
}

func french() texts {
	return texts{
		Locale: "fr-FR", Title: "Nous contacter – Banque Larkmoor",
		Description: "Joindre la Banque Larkmoor\u00a0: nous vous rappelons, vous nous appelez, ou vous passez en agence.",
		Bank:        "Banque Larkmoor", Skip: "Aller au contenu", Sections: "Sur cette page", Language: "Langue",
		Callback: "On vous rappelle", Phone: "Nous appeler", Branches: "Nos agences", Questions: "Questions",
		Heading: "Comment pouvons-nous vous aider\u00a0?",
		Lead:    "Parlez à quelqu’un qui connaît votre banque. Vous choisissez l’heure, nous décrochons.",
		Country: "FR", Otherwise: "Ou appelez-nous au", Number: "01 99 00 12 34", Tel: "+33199001234",
		Hours: "Tous les jours, jour et nuit. Prix d’un appel local.",
		Lost:  "Carte perdue ou volée", LostNumber: "01 99 00 99 99", LostTel: "+33199009999",
		LostHours: "Faites opposition tout de suite, à toute heure.",
		Places: []place{
			{"Larkmoor, 4 place du Marché", "Du lundi au vendredi, de 9\u00a0h à 17\u00a0h"},
			{"Pont-Harrow, 12 rue du Moulin", "Mardi et jeudi, de 10\u00a0h à 16\u00a0h"},
		},
		Answers: []answer{
			{"Est-ce que je perds ma place si je raccroche\u00a0?", "Non. Votre rappel attend dans la file comme un appel, et garde sa place."},
			{"Qui m’appelle\u00a0?", "Quelqu’un de l’équipe que vous auriez jointe par téléphone. Nous ne demandons jamais votre mot de passe ni votre code."},
			{"Puis-je changer d’avis\u00a0?", "Oui, sur cette page\u00a0: déplacez le rappel, corrigez le numéro ou annulez."},
			{"Que devient mon numéro\u00a0?", "Il sert à cet appel, puis il est supprimé."},
		},
		Demonstration: "Cette page est une démonstration\u00a0; la Banque Larkmoor n’existe pas.", Docs: "L’API derrière la page",
	}
}
