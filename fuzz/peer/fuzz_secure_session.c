/*
 * A handshake with a stranger. The first byte says which end is played here,
 * in which pieces bytes come, and whether the rest is what comes, or is mixed
 * into what an honest end sends: only that gets beyond the first messages.
 */
#include "base/check.h"
#include "peer/secure_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const lanes[] = {"/pond/peer/1/votes", "/pond/peer/1/bulk"};

/* What an honest pair says in all. */
#define TALK_MAX 4096u

static struct keypair keypairs[2];
static struct secure_identity identities[2];

/* The keys for connections are random; that changes no outcome. */
static void make_identities(void)
{
    static bool is_made;
    if (is_made)
        return;
    crypto_init();
    for (uint8_t i = 0; i < 2; i++) {
        uint8_t seed[32];
        memset(seed, i + 1, sizeof(seed));
        keypair_from_seed(seed, &keypairs[i]);
        secure_identity_make(&keypairs[i], &identities[i]);
    }
    is_made = true;
}

static void begin(struct secure_session *session, size_t i)
{
    uint8_t ephemeral[32];
    const struct secure_options options = {
        .is_dialler = i == 0,
        .identity = &identities[i],
        .protocols = lanes,
        .count = 2,
    };
    memset(ephemeral, (int)i + 3, sizeof(ephemeral));
    secure_session_begin(session, &options, ephemeral);
}

static int give(struct secure_session *session, struct bytes bytes, size_t step)
{
    int status = 0;
    while (!status && bytes.size) {
        size_t size = bytes.size < step ? bytes.size : step;
        status = secure_session_take(session, bytes_make(bytes.data, size));
        bytes = bytes_make(bytes.data + size, bytes.size - size);
        CHECK(secure_waiting_view(&session->in).size <= 2 + NOISE_MESSAGE_MAX);
    }
    return status;
}

static void talk_to_stranger(size_t i, struct bytes in, size_t step)
{
    struct secure_session session;
    begin(&session, i);
    (void)give(&session, in, step);
    /* Nobody guesses a handshake. */
    CHECK(session.stage != SECURE_OPEN);
    secure_session_end(&session);
}

/* What an end sends, with the input mixed in. */
static struct buffer sent_by(struct secure_session *from, struct bytes *mix)
{
    struct buffer sent = {0};
    struct bytes out = secure_waiting_view(&from->out);
    buffer_bytes(&sent, out);
    secure_waiting_use(&from->out, out.size);
    size_t size = sent.size < mix->size ? sent.size : mix->size;
    for (size_t i = 0; i < size; i++)
        sent.data[i] ^= mix->data[i];
    *mix = bytes_make(mix->data + size, mix->size - size);
    return sent;
}

static void talk_to_each_other(size_t victim, struct bytes mix, size_t step)
{
    struct secure_session sessions[2];
    struct bytes none = {0};
    int status = 0;
    bool is_changed = false;
    for (size_t i = 0; i < mix.size && i < TALK_MAX; i++)
        is_changed |= mix.data[i] != 0;
    begin(&sessions[0], 0);
    begin(&sessions[1], 1);
    for (size_t turn = 0; turn < 16 && !status; turn++) {
        size_t from = turn % 2;
        struct buffer sent =
            sent_by(&sessions[from], from == victim ? &none : &mix);
        status = give(&sessions[1 - from], buffer_view(&sent), step);
        buffer_free(&sent);
    }
    for (size_t i = 0; i < 2; i++) {
        if (sessions[i].stage == SECURE_OPEN)
            CHECK(pubkey_equal(&sessions[i].peer, &keypairs[1 - i].pubkey));
        CHECK(is_changed || sessions[i].stage == SECURE_OPEN);
        secure_session_end(&sessions[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    make_identities();
    struct bytes in = bytes_make(data + 1, size - 1);
    size_t step = 1 + (data[0] >> 2);
    if (data[0] & 2)
        talk_to_each_other(data[0] & 1, in, step);
    else
        talk_to_stranger(data[0] & 1, in, step);
    return 0;
}
