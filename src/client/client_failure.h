/*
 * What an endpoint says of a transaction that failed: its error, and the log of
 * its programs.
 */
#ifndef POND_CLIENT_CLIENT_FAILURE_H
#define POND_CLIENT_CLIENT_FAILURE_H

#include "client/client.h"

/* What the fields of a client_sent point into. Zero-initialise it. */
struct client_failure {
    struct buffer text;
    const char **logs; /* into the answer */
};

/* Fill in error and custom; error may be NULL. err_text() stays as it is. */
void client_failure_error(struct client_failure *failure,
                          struct json_object *error, struct client_sent *sent);

/* Fill in the logs out of the data of an error, {"logs":[...]}; they live as
 * long as data. */
void client_failure_logs(struct client_failure *failure,
                         struct json_object *data, struct client_sent *sent);

void client_failure_free(struct client_failure *failure);

#endif
