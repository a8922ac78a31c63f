/*
 * Reading a secret from standard input: typed on a terminal, where it is not
 * shown, or piped in. Never from a command line, where every user of the
 * machine could see it.
 *
 * Thread: the main one, because signals are handled meanwhile; it blocks.
 */
#ifndef POND_BASE_SECRET_INPUT_H
#define POND_BASE_SECRET_INPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Is standard input a terminal, so that somebody can be asked? */
bool secret_input_is_terminal(void);

/* On a terminal the prompt is printed on stderr and one line read, with the
 * echo off; elsewhere all of the input is read. A JSON array that is pasted
 * into a terminal may go over several lines if is_key.
 *
 * ERR_INVALID at the end of the input and for a zero byte, ERR_LIMIT for what
 * does not fit. In any case out ends with a NUL, holds what was read, the line
 * end too, and is wiped by the caller. An empty line is a value. */
int secret_input_read(const char *prompt, bool is_key, char *out, size_t size);

#endif
