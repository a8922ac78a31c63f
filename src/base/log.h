/*
 * The program's log: one line an event, to stderr, as
 *
 *     2026-01-02T03:04:05.678Z info  ledger: block 7 is final transactions=3
 *
 * The level comes from log_configure() (the CLI's --log-level and the variable
 * POND_LOG). A server with a folder keeps its lines there as well. Passwords
 * and values of queries in URLs are left out (redact.h); no other secret is
 * ever handed to it. Thread: any; a line is written with one write(2).
 */
#ifndef POND_BASE_LOG_H
#define POND_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* name: error, warn, info, debug or quiet. Returns ERR_INVALID for others. */
int log_configure(const char *name);

/* Bytes of a kept log, from which on the file is moved to PATH.1, in the place
 * of the one before. */
#define LOG_KEPT_SIZE_MAX (5u << 20)

/* Append the lines to a file, too, from now on; NULL: no more. The caller owns
 * the folder. ERR_IO; lines that can't be written later are left out. */
int log_keep(const char *path);

/* part: the module that speaks. */
void log_write(enum log_level level, const char *part, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(part, ...) log_write(LOG_ERROR, part, __VA_ARGS__)
#define log_warn(part, ...) log_write(LOG_WARN, part, __VA_ARGS__)
#define log_info(part, ...) log_write(LOG_INFO, part, __VA_ARGS__)
#define log_debug(part, ...) log_write(LOG_DEBUG, part, __VA_ARGS__)

#endif
