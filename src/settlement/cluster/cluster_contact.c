#include "settlement/cluster/cluster_contact.h"

#include "base/error.h"
#include "crypto/hash.h"

/* ---- writing ---- */

static void write_text(const char *text, struct buffer *out)
{
    size_t size = strnlen(text, CLUSTER_TEXT_MAX - 1);

    buffer_u8(out, (uint8_t)size);
    buffer_append(out, text, size);
}

static void write_unsigned(const struct cluster_contact *contact,
                           struct buffer *out)
{
    buffer_append(out, contact->identity.bytes, sizeof(contact->identity));
    buffer_u64le(out, contact->unix_ms);
    buffer_u8(out, (uint8_t)contact->address_count);
    for (size_t i = 0; i < contact->address_count; i++)
        write_text(contact->addresses[i], out);
    write_text(contact->endpoint, out);
    write_text(contact->version, out);
}

void cluster_contact_encode(const struct cluster_contact *contact,
                            struct buffer *out)
{
    write_unsigned(contact, out);
    buffer_append(out, contact->signature.bytes, sizeof(contact->signature));
}

/* ---- signing ---- */

static void write_message(const struct cluster_contact *contact,
                          const struct hash *genesis, struct buffer *out)
{
    const struct bytes pieces[] = {bytes_text("pond contact 1"),
                                   bytes_make(genesis->bytes, 32)};
    struct hash tag;

    hash_sha256_pieces(pieces, 2, &tag);
    buffer_append(out, tag.bytes, 16);
    write_unsigned(contact, out);
}

void cluster_contact_sign(struct cluster_contact *contact,
                          const struct hash *genesis,
                          const struct keypair *identity)
{
    struct buffer message = {0};

    contact->identity = identity->pubkey;
    write_message(contact, genesis, &message);
    key_sign(identity, buffer_view(&message), &contact->signature);
    buffer_free(&message);
}

bool cluster_contact_is_signed(const struct cluster_contact *contact,
                               const struct hash *genesis)
{
    struct buffer message = {0};

    write_message(contact, genesis, &message);
    bool is_signed = key_verify(&contact->identity, buffer_view(&message),
                                &contact->signature);
    buffer_free(&message);
    return is_signed;
}

/* ---- reading ---- */

/* Texts go to logs and to clients as they are. */
static int read_text(struct reader *reader, char out[CLUSTER_TEXT_MAX])
{
    uint8_t size;
    int status = reader_u8(reader, &size);

    if (!status && size >= CLUSTER_TEXT_MAX)
        status = err_set(ERR_LIMIT, "a text has %u bytes, of at most %d", size,
                         CLUSTER_TEXT_MAX - 1);
    if (!status)
        status = reader_copy(reader, out, size);
    if (status)
        return status;
    out[size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (out[i] < ' ' || out[i] > '~')
            return err_set(ERR_INVALID, "a text is not printable ASCII");
    return 0;
}

static int read_addresses(struct reader *reader, struct cluster_contact *out)
{
    uint8_t count;
    int status = reader_u8(reader, &count);

    if (!status && count > CLUSTER_ADDRESSES_MAX)
        status = err_set(ERR_LIMIT, "it has %u addresses, of at most %d", count,
                         CLUSTER_ADDRESSES_MAX);
    while (!status && out->address_count < count)
        status = read_text(reader, out->addresses[out->address_count++]);
    return status;
}

int cluster_contact_decode(struct reader *reader, struct cluster_contact *out)
{
    *out = (struct cluster_contact){0};
    int status = reader_copy(reader, out->identity.bytes, 32);

    if (!status)
        status = reader_u64le(reader, &out->unix_ms);
    if (!status)
        status = read_addresses(reader, out);
    if (!status)
        status = read_text(reader, out->endpoint);
    if (!status)
        status = read_text(reader, out->version);
    if (!status)
        status = reader_copy(reader, out->signature.bytes,
                             sizeof(out->signature.bytes));
    return status ? err_add(status, "contact") : 0;
}
