/**
 * The IRC server's side of one connection: what to answer to a line, for clients that register, join one channel and stay.
 * Lines in, lines out; no socket.
 */
import { messageOf } from './messages.ts';

const server = 'bench.local';

export class IrcSession {
	#nick = '*';
	#user: string | undefined;
	#isWelcomed = false;
	/** The channel that it is in. */
	channel: string | undefined;

	/** The lines to send back, without their ends. */
	answer(line: string): readonly string[] {
		const [command = '', ...words] = line.trim().split(' ');
		const [first = ''] = words;
		switch (command.toUpperCase()) {
			case 'NICK':
				this.#nick = first.replace(/^:/u, '');
				return this.#welcome();
			case 'USER':
				this.#user = first;
				return this.#welcome();
			case 'CAP':
				return first.toUpperCase() === 'LS' ? [`:${server} CAP * LS :`] : [];
			case 'PING':
				return [`:${server} PONG ${server} ${words.join(' ')}`];
			case 'JOIN':
				// irssi finds out what kind of server it has by asking for nothing, before it is welcome.
				return first.startsWith('#') ? this.#join(first) : [];
			case 'MODE':
				return first === this.channel ? [this.#numeric('324', `${first} +nt`)] : [];
			case 'WHO':
				return [this.#numeric('315', `${first} :End of WHO list`)];
			default:
				return [];
		}
	}

	#welcome(): readonly string[] {
		if (this.#isWelcomed || this.#nick === '*' || this.#user === undefined) {
			return [];
		}
		this.#isWelcomed = true;
		return [
			this.#numeric('001', `:Welcome, ${this.#nick}`),
			this.#numeric('002', `:Your host is ${server}`),
			this.#numeric('003', ':This server was made for a benchmark'),
			this.#numeric('004', `${server} 1 i nt`),
			this.#numeric('005', 'CHANTYPES=# PREFIX=(ov)@+ NETWORK=bench :are supported by this server'),
			this.#numeric('422', ':No message of the day'),
		];
	}

	#join(channel: string): readonly string[] {
		this.channel = channel;
		return [
			`:${this.#nick}!${this.#user}@localhost JOIN ${channel}`,
			this.#numeric('332', `${channel} :Release 2.4 freeze is on thursday`),
			this.#numeric('353', `= ${channel} :${this.#nick} maya jo li wes kim ana tom noor`),
			this.#numeric('366', `${channel} :End of NAMES list`),
		];
	}

	#numeric(code: string, rest: string): string {
		return `:${server} ${code} ${this.#nick} ${rest}`;
	}
}

/** The line by which a member of the channel gets the message with this number. */
export function privmsg(channel: string, number: number): string {
	const { sender, content } = messageOf(number);
	return `:${sender}!${sender}@localhost PRIVMSG ${channel} :${content}`;
}
