/*
 * How a call failed, by the names that Node's errors have. Programs compare
 * error.code with them and try again, or not.
 */
#include "net/http_call.h"

#include "base/check.h"
#include <errno.h>
#include <openssl/x509_vfy.h>

/* Node gives certificates' faults by OpenSSL's names (its tls documentation,
 * "X509 certificate error codes"). */
static const char *certificate_error(CURL *easy)
{
    long verdict = X509_V_OK;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "CERT_HAS_EXPIRED";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "CERT_NOT_YET_VALID";
    case X509_V_ERR_CERT_REVOKED:
        return "CERT_REVOKED";
    case X509_V_ERR_CERT_UNTRUSTED:
        return "CERT_UNTRUSTED";
    case X509_V_ERR_CERT_REJECTED:
        return "CERT_REJECTED";
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return "CERT_SIGNATURE_FAILURE";
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
        return "CERT_CHAIN_TOO_LONG";
    case X509_V_ERR_INVALID_CA:
        return "INVALID_CA";
    case X509_V_ERR_INVALID_PURPOSE:
        return "INVALID_PURPOSE";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "DEPTH_ZERO_SELF_SIGNED_CERT";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "SELF_SIGNED_CERT_IN_CHAIN";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        return "UNABLE_TO_GET_ISSUER_CERT";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        return "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
    default:
        /* The chain is good; libcurl compares the name after it. */
        return "ERR_TLS_CERT_ALTNAME_INVALID";
    }
}

/* Of a connection that could not be made. */
static const char *connect_error(CURL *easy)
{
    long number = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    switch (number) {
    case ETIMEDOUT:
        return "ETIMEDOUT";
    case EHOSTUNREACH:
        return "EHOSTUNREACH";
    case ENETUNREACH:
        return "ENETUNREACH";
    case ECONNRESET:
        return "ECONNRESET";
    case EADDRNOTAVAIL:
        return "EADDRNOTAVAIL";
    default:
        return "ECONNREFUSED";
    }
}

/* Node has no name for an address that a rule forbids; EACCES is what a
 * firewall on the same machine gives. The names UND_ERR are those of undici,
 * which is Node's fetch(). */
const char *http_error_name(const struct http_call *call, CURLcode code)
{
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    if (code != CURLE_OK && call->address_refused)
        return "EACCES";
    if (code != CURLE_OK && (call->over_limit || call->over_budget))
        return "UND_ERR_RES_EXCEEDED_MAX_SIZE";
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "ENOTFOUND";
    case CURLE_COULDNT_CONNECT:
        return connect_error(call->easy);
    case CURLE_OPERATION_TIMEDOUT:
        return "ETIMEDOUT";
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return "ECONNRESET";
    case CURLE_PEER_FAILED_VERIFICATION:
        return certificate_error(call->easy);
    case CURLE_SSL_CONNECT_ERROR:
        return "EPROTO";
    case CURLE_BAD_CONTENT_ENCODING:
        return "Z_DATA_ERROR";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return "HPE_INVALID_CONSTANT";
    case CURLE_URL_MALFORMAT:
        return "ERR_INVALID_URL";
    default:
        return "";
    }
}

const char *http_call_error_name(const struct http_call *call)
{
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    return call->error_name;
}
