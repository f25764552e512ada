/** The words of a command line of the bench. */

/** What `parse` makes of them. Ends the process for `--help`, and with 2 for words that it cannot take. */
export function readWords<Read extends { readonly values: { readonly help: boolean } }>(
	usage: string,
	parse: () => Read,
): Read {
	const read = attempt(parse);
	if (read.values.help) {
		console.log(usage);
		process.exit(0);
	}
	return read;
}

/** Ends the process with 2. */
export function refuse(why: string): never {
	console.error(`${why} (see --help)`);
	process.exit(2);
}

function attempt<Read>(parse: () => Read): Read {
	try {
		return parse();
	} catch (error) {
		return refuse((error as Error).message);
	}
}
