package dataverse

// securityTables are roles and what they allow. Pages: Security Role, Privilege, and the tables between them and
// users and teams.
func securityTables() []*table {
	return []*table{{
		name: "role", set: "roles", schema: "Role", display: "Security Role", primaryName: "name",
		ownership: ownedByBusiness, audit: "lk_rolebase_%s",
		columns: page(columns(
			key("RoleId"),
			text("Name", 100).must(),
			lookup("BusinessUnitId", "businessunit").as("business_unit_roles"),
			lookup("ParentRoleId", "role").as("role_parent_role").with(readOnly),
			lookup("ParentRootRoleId", "role").as("role_parent_root_role").with(readOnly),
			guidColumn("RoleTemplateId").with(readOnly), // a lookup; its table, the templates, is not served
			guidColumn("OrganizationId").with(readOnly),
			choice("IsInherited", labelsFrom(0, "Team privileges only|Direct User (Basic) access level and Team privileges")...).starts(int64(1)),
			componentState(),
		), system()),
	}, {
		name: "privilege", set: "privileges", schema: "Privilege", display: "Privilege", primaryName: "name",
		ownership: ownedByNobody, untracked: true, pessimistic: true, fixed: true, silent: true,
		columns: columns(
			key("PrivilegeId"),
			text("Name", 100).must(),
			number("AccessRight"),
			yesNo("CanBeBasic"), yesNo("CanBeLocal"), yesNo("CanBeDeep"), yesNo("CanBeGlobal"),
			version(),
		),
	}, {
		name: "systemuserroles", set: "systemuserrolescollection", schema: "SystemUserRoles", display: "System User Role",
		ownership: ownedByNobody, untracked: true, pessimistic: true, silent: true,
		intersect: &intersect{"systemuserroles_association", [2]string{"systemuser", "role"}},
		columns:   columns(key("SystemUserRoleId"), guidColumn("SystemUserId"), guidColumn("RoleId"), version()),
	}, {
		name: "teamroles", set: "teamrolescollection", schema: "TeamRoles", display: "Team Role",
		ownership: ownedByNobody, untracked: true, pessimistic: true, silent: true,
		intersect: &intersect{"teamroles_association", [2]string{"team", "role"}},
		columns:   columns(key("TeamRoleId"), guidColumn("TeamId"), guidColumn("RoleId"), version()),
	}, {
		name: "roleprivileges", set: "roleprivilegescollection", schema: "RolePrivileges", display: "Role Privilege",
		ownership: ownedByNobody, untracked: true, pessimistic: true, silent: true,
		intersect: &intersect{"roleprivileges_association", [2]string{"role", "privilege"}},
		columns: columns(
			key("RolePrivilegeId"), guidColumn("RoleId"), guidColumn("PrivilegeId"),
			// The depth: 1 basic, 2 local, 4 deep, 8 global.
			number("PrivilegeDepthMask"),
			version(),
		),
	}}
}
