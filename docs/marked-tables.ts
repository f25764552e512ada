/** A page with these tables between its marks. */
export function withTables(page: string, tables: string): string {
	return page.replace(
		/(<!-- tables -->\n)[\s\S]*(<!-- \/tables -->)/u,
		(_, start: string, end: string) => `${start}${tables}${end}`,
	);
}
