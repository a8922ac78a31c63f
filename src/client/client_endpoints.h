/*
 * Inside the client: its endpoints, and which of them is used.
 *
 * A client with one endpoint has nothing to choose: nothing here is asked, and
 * nothing waits.
 */
#ifndef POND_CLIENT_CLIENT_ENDPOINTS_H
#define POND_CLIENT_CLIENT_ENDPOINTS_H

#include "client/client.h"
#include "client/endpoint_choice.h"

struct client_endpoint {
    char *url;
    char *websocket_url;
    char *shown; /* without keys of providers: for errors and logs */
    bool is_looked_at;
};

struct client_endpoints {
    struct client_endpoint list[ENDPOINTS_MAX];
    struct endpoint_choice choice;
    uv_timer_t timer; /* of the next round */
    size_t looking;   /* endpoints whose look is under way */
    uv_timer_cb on_timer;
    bool is_due;      /* one was lost: the timer comes at once */
    bool was_over;    /* the last round has ended, and none began since */
    uint64_t over_ms; /* when it did; the loop's time */
};

/* urls: with blanks between them. ERR_INVALID, ERR_LIMIT.
 * client_endpoints_free() it in any case. */
int client_endpoints_init(struct client_endpoints *endpoints, const char *urls);
void client_endpoints_free(struct client_endpoints *endpoints);

/* May a call go out now? Else it waits for client_call_release(). */
bool client_endpoints_are_ready(const struct client *client);

/* It did not answer, and is not used while another one does. */
void client_endpoints_lost(struct client *client, size_t index);

#endif
