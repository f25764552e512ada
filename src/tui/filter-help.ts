/**
 * What may stand after `where`, for the help.
 */

/** An example each, and what it says. */
export const filterExamples = [
	{ keys: 'sender = ann', text: 'who said it; also content, verified' },
	{ keys: 'tags.ms > 500', text: 'a label and = != < <= > >=' },
	{ keys: 'content contains disk', text: 'also starts, ends' },
	{ keys: 'exists tags.level', text: 'it has this label, whatever that says' },
	{ keys: 'sender in [ann, bob]', text: 'one of these' },
	{ keys: 'not a and (b or c)', text: 'put together; text with spaces in "quotes"' },
] as const;
