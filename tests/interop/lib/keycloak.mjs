// Tokens as Keycloak 26 writes them, by `oidc-provider` under the paths of a realm.
// What it writes is said by its documents; no registry of packages has Keycloak itself.

const ROLES = ['default-roles-ours', 'offline_access', 'uma_authorization'];

/** The realm roles of a user, beside those that all have. */
const USERS = { alice: ['editor'] };

/** What `issuer` takes to be a realm of this name. */
export const realm = (name) => ({ path: `/realms/${name}`, settings });

const PROTOCOL = '/protocol/openid-connect';

const settings = {
  routes: {
    authorization: `${PROTOCOL}/auth`,
    jwks: `${PROTOCOL}/certs`,
    token: `${PROTOCOL}/token`,
    userinfo: `${PROTOCOL}/userinfo`,
  },
  claims: { openid: ['sub', 'typ', 'azp'] },
  findAccount: ({ oidc: { client } }, id) => ({
    accountId: id,
    claims: () => ({ sub: id, typ: 'ID', azp: client.clientId }),
  }),
  formats: {
    customizers: {
      jwt(_, { accountId, clientId }, token) {
        const { payload } = token;
        token.header = { typ: 'JWT' };
        // The tokens of service accounts have it beside `azp`.
        if (accountId) delete payload.client_id;
        Object.assign(payload, {
          typ: 'Bearer',
          azp: clientId,
          acr: '1',
          'allowed-origins': ['/*'],
          realm_access: { roles: [...ROLES, ...(USERS[accountId] ?? [])] },
          resource_access: {
            account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] },
            ...(accountId && { orders: { roles: ['approver'] } }),
          },
          preferred_username: accountId ?? `service-account-${clientId}`,
        });
      },
    },
  },
};
