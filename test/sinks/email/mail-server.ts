import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { selfSigned } from '../../support/servers/self-signed.ts';

/** A mail as it came over the wire, and whom it was for. */
export interface TakenMail {
  raw: string;
  from: string;
  to: string[];
  /** Who was logged in, over an encrypted connection or not. */
  user: string | undefined;
  secure: boolean;
}

export interface MailServer {
  port: number;
  server: SMTPServer;
  taken(): TakenMail[];
}

export interface MailServerOptions extends SMTPServerOptions {
  /** Instead of taking a mail that has come whole. */
  afterData?: (callback: (error?: Error | null) => void) => void;
}

/** A mail server on loopback for as long as the test runs: STARTTLS, no login unless given otherwise. */
export async function startMailServer({
  afterData = (callback) => callback(),
  ...options
}: MailServerOptions = {}): Promise<MailServer> {
  const mails: TakenMail[] = [];
  const server = new SMTPServer({
    ...certificate(),
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push({
          raw: Buffer.concat(chunks).toString('latin1'),
          from: addressOf(session.envelope.mailFrom),
          to: session.envelope.rcptTo.map(addressOf),
          user: session.user as string | undefined,
          secure: session.secure,
        });
        afterData(callback);
      });
    },
    ...options,
  });
  // A client that goes away, or will not have the certificate, is no failure of the server's.
  server.on('error', () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  );
  return {
    port: (server.server.address() as AddressInfo).port,
    server,
    taken: () => mails.splice(0),
  };
}

function addressOf(address: false | { address: string }): string {
  return address === false ? '' : address.address;
}

/** An error that the server answers with. */
export function reply(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

let made: { key: string; cert: string } | undefined;

/** Self-signed, for 127.0.0.1, made once. */
export function certificate(): { key: string; cert: string } {
  made ??= selfSigned('mail.test');
  return made;
}

/** This process trusts the certificate of our servers while the tests of the file run, but in one that calls what is given back. */
export function trustCertificateHere(): () => void {
  let distrust: () => void;
  beforeAll(() => {
    distrust = trustCertificate();
  });
  afterAll(() => distrust());
  return () => {
    distrust();
    onTestFinished(() => {
      distrust = trustCertificate();
    });
  };
}

/** Has this process trust the certificate, as NODE_EXTRA_CA_CERTS would. */
function trustCertificate(): () => void {
  const before = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...before, certificate().cert]);
  return () => tls.setDefaultCACertificates(before);
}
