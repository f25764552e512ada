/** natter as modules: what its command does without the bundle, in which one does not see whose a function is. */
const { main } = await import(new URL('../../dist/cli/main.js', import.meta.url).href);
main();
