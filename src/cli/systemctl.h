/*
 * Asking systemd, by its program: its bus would be a library more.
 *
 * Thread: the main one; calls wait for the program's end.
 */
#ifndef POND_CLI_SYSTEMCTL_H
#define POND_CLI_SYSTEMCTL_H

#include "base/buffer.h"

/* Does systemd run this machine? As sd_booted(3) asks. */
bool systemctl_is_there(void);

/* Run systemctl with these words, ended by NULL; is_user: of this user's
 * manager. What it prints is appended to out, or passed over if that is NULL.
 * ERR_REMOTE with its own words if it fails, ERR_NOT_FOUND without the program.
 */
int systemctl(bool is_user, const char *const *words, struct buffer *out);

#endif
