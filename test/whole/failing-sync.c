/*
 * A disk that does not confirm what the database was given, as a library that is loaded before all others: for natter.db
 * and its log, fsync and fdatasync fail while there is a file $SYNC_FAILS, and once when there is a file $SYNC_FAILS_ONCE,
 * which is removed by that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_database(int file) {
	char link[64], path[4096] = "";
	snprintf(link, sizeof link, "/proc/self/fd/%d", file);
	return readlink(link, path, sizeof path - 1) > 0 && strstr(path, "/natter.db") != NULL;
}

static int fails(int file) {
	const char *always = getenv("SYNC_FAILS");
	const char *once = getenv("SYNC_FAILS_ONCE");
	return always != NULL && once != NULL && is_database(file) && (unlink(once) == 0 || access(always, F_OK) == 0);
}

static int sync_by(long call, int file) {
	if (fails(file)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(call, file);
}

int fsync(int file) {
	return sync_by(SYS_fsync, file);
}

int fdatasync(int file) {
	return sync_by(SYS_fdatasync, file);
}
