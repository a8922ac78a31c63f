/*
 * Nothing here changes what err_text() says: those are the endpoint's words for
 * people, and a field that is not there is no error.
 */
#include "client/client_failure.h"

#include "base/error.h"
#include "base/memory.h"
#include "settlement/format/transaction_error.h"

#include <stdio.h>
#include <stdlib.h>

void client_failure_error(struct client_failure *failure,
                          struct json_object *error, struct client_sent *sent)
{
    struct transaction_status status;
    char words[ERR_TEXT_SIZE];

    if (!error)
        return;
    json_text(error, &failure->text);
    sent->error = buffer_string(&failure->text);
    /* An error that is not known here is one all the same. */
    snprintf(words, sizeof(words), "%s", err_text());
    if (transaction_status_parse(error, &status) == 0)
        sent->custom = status.custom;
    err_set(ERR_REMOTE, "%s", words);
}

void client_failure_logs(struct client_failure *failure,
                         struct json_object *data, struct client_sent *sent)
{
    struct json_object *logs;

    if (!json_object_object_get_ex(data, "logs", &logs) ||
        !json_object_is_type(logs, json_type_array))
        return;
    size_t count = json_object_array_length(logs);
    failure->logs = mem_zero(count + 1, sizeof(*failure->logs));
    /* json-c writes what is no text as JSON, but null as no text at all. */
    for (size_t i = 0; i < count; i++) {
        struct json_object *line = json_object_array_get_idx(logs, i);
        failure->logs[i] = line ? json_object_get_string(line) : "";
    }
    sent->logs = failure->logs;
    sent->log_count = count;
}

void client_failure_free(struct client_failure *failure)
{
    free(failure->logs);
    buffer_free(&failure->text);
}
