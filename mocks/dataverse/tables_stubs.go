package dataverse

func routingTables() []*table      { return nil }
func conversationTables() []*table { return nil }
func presenceTables() []*table     { return nil }
