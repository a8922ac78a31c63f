/*
 * Who listens where (contact_book.h). Each validator says it of itself when it
 * is connected, and passes on what others said: so one that knows a single
 * address finds all.
 */
#include "base/buffer.h"
#include "base/error.h"
#include "settlement/cluster/cluster_internal.h"
#include "settlement/cluster/contact_book.h"

#include <arpa/inet.h>
#include <stdio.h>

/* ---- one's own ---- */

/* All addresses of the machine are no address to connect to. */
static bool is_one_address(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, address, &v4) == 1)
        return v4.s_addr != INADDR_ANY;
    return inet_pton(AF_INET6, address, &v6) != 1 ||
           !IN6_IS_ADDR_UNSPECIFIED(&v6);
}

static void describe_self(struct cluster *cluster)
{
    struct cluster_contact own = {.unix_ms = cluster_clock().unix_ms};
    const struct cluster_options *options = &cluster->options;
    const char *address = options->address ? options->address : "127.0.0.1";

    if (is_one_address(address)) {
        own.address_count = 1;
        snprintf(own.addresses[0], CLUSTER_TEXT_MAX,
                 strchr(address, ':') ? "[%s]:%u" : "%s:%u", address,
                 peer_host_port(cluster->host));
    }
    snprintf(own.endpoint, CLUSTER_TEXT_MAX, "%s",
             options->endpoint ? options->endpoint : "");
    snprintf(own.version, CLUSTER_TEXT_MAX, "%s", POND_VERSION);
    cluster_contact_sign(&own, &cluster->network, options->execution.identity);
    contact_book_describe(cluster->contacts, &own);
}

void cluster_contacts_open(struct cluster *cluster)
{
    cluster->contacts = contact_book_new(
        cluster->set, cluster->self, &cluster->network, uv_now(&cluster->loop));
    describe_self(cluster);
}

/* ---- sending ---- */

void cluster_contacts_tell(struct cluster *cluster, uint16_t index)
{
    struct buffer body = {0};
    size_t place = 0;

    while (contact_book_write_all(cluster->contacts, index, &place, &body)) {
        if (peer_host_send(cluster->host, index, PEER_VOTES, CLUSTER_CONTACTS,
                           buffer_view(&body)))
            err_clear();
        buffer_clear(&body);
    }
    buffer_free(&body);
}

void cluster_contacts_pass_on(struct cluster *cluster)
{
    struct buffer body = {0};

    while (contact_book_write_news(cluster->contacts, &body)) {
        peer_host_send_all(cluster->host, PEER_VOTES, CLUSTER_CONTACTS,
                           buffer_view(&body));
        buffer_clear(&body);
    }
    buffer_free(&body);
    err_clear();
}

/* ---- taking ---- */

/* A number with a port: nobody may have this validator look up names. */
static bool is_numeric(const char *address)
{
    char host[CLUSTER_TEXT_MAX];
    const char *colon = strrchr(address, ':');
    struct in_addr v4;
    struct in6_addr v6;

    if (!colon)
        return false;
    bool is_v6 = *address == '[' && colon > address && colon[-1] == ']';
    snprintf(host, sizeof(host), "%.*s", (int)(colon - address) - 2 * is_v6,
             address + is_v6);
    return is_v6 ? inet_pton(AF_INET6, host, &v6) == 1
                 : inet_pton(AF_INET, host, &v4) == 1;
}

static void use(struct cluster *cluster, uint16_t index)
{
    const struct cluster_contact *contact =
        contact_book_at(cluster->contacts, index);
    const char *addresses[CLUSTER_ADDRESSES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < contact->address_count; i++)
        if (is_numeric(contact->addresses[i]))
            addresses[count++] = contact->addresses[i];
    if (count && peer_host_know(cluster->host, index, &contact->identity,
                                addresses, count))
        err_clear();
}

int cluster_contacts_take(struct cluster *cluster, uint16_t from,
                          struct bytes body)
{
    uint16_t index = 0;
    int status = contact_book_take(cluster->contacts, from,
                                   uv_now(&cluster->loop), body);

    while (contact_book_changed(cluster->contacts, &index))
        use(cluster, index);
    return status;
}

void cluster_contacts_show(const struct cluster *cluster, uint16_t index,
                           struct cluster_validator *out)
{
    const struct cluster_contact *contact =
        contact_book_at(cluster->contacts, index);

    if (!contact)
        return;
    if (contact->addresses[0][0])
        snprintf(out->address, sizeof(out->address), "%s",
                 contact->addresses[0]);
    snprintf(out->rpc, sizeof(out->rpc), "%s", contact->endpoint);
    snprintf(out->version, sizeof(out->version), "%s", contact->version);
}
