/*
 * What the commands of `pond chain` share.
 */
#ifndef POND_CLI_CHAIN_H
#define POND_CLI_CHAIN_H

#include "base/json.h"
#include "cli/session.h"

/* Call a method whose result may be null: *result NULL and ERR_NOT_FOUND, of
 * which `what` is the text. The caller releases *result, which is NULL after an
 * error. */
int chain_ask(struct session *session, const char *method, const char *params,
              const char *what, struct json_object **result);

/* The whole answer, as the endpoint gave it. On one line, so that output with
 * --json is one object a line here, too. */
void chain_print_raw(struct json_object *result);

#endif
