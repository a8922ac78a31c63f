/*
 * Whole files and folders. Errors name the path (ERR_IO where nothing else is
 * said). Calls block for as long as the disk takes: not for a loop's thread,
 * but at starting and ending.
 */
#ifndef POND_BASE_FILE_H
#define POND_BASE_FILE_H

#include "base/buffer.h"
#include <sys/types.h>

/* Append the file's contents to out. ERR_NOT_FOUND if there is no file,
 * ERR_LIMIT if it is larger than limit_bytes. */
int file_read(const char *path, size_t limit_bytes, struct buffer *out);

/* The same of a name where a stranger may have put anything: what is no plain
 * file, a link or a pipe, is not read and not waited for (ERR_IO). */
int file_read_plain(const char *path, size_t limit_bytes, struct buffer *out);

/* Replace the file's contents by data. After a crash the file has either the
 * old or the new contents: temporary file, fsync, rename, fsync of the folder.
 * mode is that of the new file and ignores the umask. */
int file_replace(const char *path, struct bytes data, mode_t mode);

/* Make a folder and those above it (mode, less the umask, is for all that are
 * made). An existing folder is no error; ERR_EXISTS if a file has the name. */
int file_make_folder(const char *path, mode_t mode);

/* Remove a file, or a folder with everything in it. A missing one is no error.
 */
int file_remove_tree(const char *path);

/* Is there anything by that name, or a link to something? */
bool file_exists(const char *path);

/* When its contents were changed last: Unix time. ERR_NOT_FOUND, ERR_IO. */
int file_changed_ms(const char *path, uint64_t *out);

/* The folder that path's name stands in: "." where there is no slash. The
 * caller frees it. */
char *file_parent(const char *path);

/* Bytes free to this user on the file system that holds path. */
int file_free_bytes(const char *path, uint64_t *out);

/* fsync a folder, so that names made in it survive a crash. */
int file_sync_folder(const char *path);

/* The same for the folder that path's name stands in. */
int file_sync_parent(const char *path);

#endif
