import './no-evaluated-code.ts';
import { mount } from 'svelte';
import App from './App.svelte';
import { connect } from './host/connect.ts';
import { AppState } from './state/app.svelte.ts';
import './styles/theme.css';
import './styles/base.css';
import './styles/menu.css';

const target = document.getElementById('app');
if (target) {
  const { host, onLink } = connect();
  mount(App, { target, props: { app: new AppState(host, onLink) } });
}
